# shellcheck shell=bash
# Sourced by ../../dev: runs the Swift tests in groups, each against its own servers.

# The tests that run under a sanitizer unless others are named: everything that runs on event loops or reads bytes from outside.
# The shop's own tests are left out, because they are many and slow under a sanitizer.
SANITIZED='^(EventLoop|HTTPServer|Web|Prometheus|Observability|Formats|Fuzzing|PostgresClient|RedisClient)Tests\.'

# What a release of before has to do on today's schema, while both run during a deployment: the tests of what it has had already.
PREVIOUS='^ServiceTests\.(Cart|Catalog|CatalogList|Order|OrderRace|OrderExpiry|OrderHold|CartLive|Search)APITests'

# The groups, the longest first: a name, and a pattern of the names of its tests. What no pattern matches is the last group.
#
# A group runs its tests one after another, because each test has real servers and many clients of its own. The groups run at
# the same time, since most tests wait most of the time.
TEST_GROUPS=(
    "faults        ^ServiceTests\.Faults"
    "service       ^ServiceTests\."
    "commands      ^CommerceCLITests\."
    "clients       ^(PostgresClient|RedisClient|HTTPServer)Tests\."
    "import        ^(CatalogImport|DataGenerator|Orders|Migrations)Tests\."
    "values        "
)

# How many groups run at a time: one for each processor, at least two and at most four. TEST_JOBS changes it.
test_jobs() {
    local count
    count=$(nproc)
    count=$((count < 2 ? 2 : count > 4 ? 4 : count))
    echo "${TEST_JOBS:-$count}"
}

# How long a part of ./dev test may take, in the format of timeout(1): three times as long as the longest on a slow machine. A test
# that hangs then fails, with the stacks of all threads, and the other parts still count. 0 is no limit.
TEST_TIME=40m

# The groups that run now. throwaway_end ends them, because a shell starts them so that Ctrl-C does not reach them.
TEST_PROCESSES=()

# Counts of the Swift tests.
SWIFT_PASSED=0 SWIFT_FAILED=0 SWIFT_SKIPPED=0

# Runs the test program in a directory of its own with throwaway servers, and keeps there what it printed and the events.
# Arguments: the directory, the test program, and its arguments.
test_group() {
    local directory=$1 program=$2 status=0
    shift 2
    TEST_PROCESSES=()
    # Test data need not survive a crash of the machine.
    throwaway_servers -c fsync=off -c full_page_writes=off -c synchronous_commit=off
    step env NO_COLOR=1 SWIFT_BACKTRACE=enable=yes,color=no,threads=all \
        timeout --foreground --signal=ABRT --kill-after=60 "$TEST_TIME" "$program" \
        --testing-library swift-testing --event-stream-version 0 --event-stream-output-path "$directory/events" "$@" || status=$?
    exit "$status"
}

# Runs all Swift tests of a test program in groups. Prints a line for each group, and everything about the failures.
# Arguments: the directory for the results, and the test program.
test_groups() {
    local results=$1 program=$2 group name pattern jobs running=0 earlier=() status=0
    local -A names=()
    jobs=$(test_jobs)
    say "testing, $jobs groups at a time"
    for group in "${TEST_GROUPS[@]}"; do
        read -r name pattern <<<"$group"
        if ((running == jobs)); then
            test_group_ended || status=1
        fi
        local choice=()
        [[ -z $pattern ]] || choice+=(--filter "$pattern")
        local before
        for before in "${earlier[@]}"; do choice+=(--skip "$before"); done
        earlier+=(${pattern:+"$pattern"})
        mkdir "$results/$name"
        (test_group "$results/$name" "$program" --no-parallel "${choice[@]}") >"$results/$name/output" 2>&1 &
        names[$!]=$name
        TEST_PROCESSES+=($!)
        running=$((running + 1))
    done
    while ((running > 0)); do test_group_ended || status=1; done
    return "$status"
}

# Waits for the end of one of the groups that test_groups has started, whose variables it uses.
test_group_ended() {
    local ended='' result=0
    wait -n -p ended "${!names[@]}" || result=$?
    [[ -n $ended ]] || return 1
    local directory=$results/${names[$ended]}
    unset "names[$ended]"
    running=$((running - 1))
    if [[ $result == 0 ]]; then
        printf '%s: %s\n' "${directory##*/}" "$(test_report summary "$directory/events")"
    else
        printf '%s: failed with status %s. Its output:\n' "${directory##*/}" "$result"
        cat "$directory/output"
    fi
    return "$result"
}

# Reads what the tests reported (deploy/dev/test_report.py).
test_report() {
    python3 "$ROOT/deploy/dev/test_report.py" "$@"
}

# Builds the program of another commit, as the one to test.
build_previous() {
    local tree=$STATE/previous
    git worktree prune
    if [[ -e $tree/.git ]]; then
        git -C "$tree" checkout --quiet --detach "$1" || fail "no commit $1"
    else
        git worktree add --quiet --detach "$tree" "$1" || fail "no commit $1"
    fi
    say "building the program of $1"
    step swift build --package-path "$tree" --product commerce || fail "the build of $1 failed"
    TEST_COMMERCE_BINARY=$(swift build --package-path "$tree" --show-bin-path)/commerce
}

# ./dev test: everything, or the Swift tests that the arguments choose.
run_tests() {
    local all=yes full='' build=() previous=''
    if [[ ${1:-} == full ]]; then
        full=yes
        shift
    fi
    if [[ ${1:-} == previous ]]; then
        previous=${2:-}
        [[ -n $previous ]] || fail "which release? a tag or a commit, as in: ./dev test previous v1.4.0"
        shift 2
        [[ $# -gt 0 ]] || set -- --filter "$PREVIOUS"
    fi
    [[ $# == 0 ]] || all=
    if [[ ${1:-} == --sanitize=* ]]; then
        local sanitizer=${1#*=}
        [[ $sanitizer == thread || $sanitizer == address ]] || fail "no sanitizer '$sanitizer': thread or address"
        shift
        # A build directory for each sanitizer, because each needs a build of everything.
        build=(--sanitize="$sanitizer" --scratch-path "$ROOT/.build/$sanitizer")
        # ConcurrencyLimitTests are only arithmetic, and would take most of the time.
        [[ $# -gt 0 ]] || set -- --filter "$SANITIZED" --skip ConcurrencyLimitTests
        # No finding is suppressed: each of them is a fault.
        export TSAN_OPTIONS=history_size=4 ASAN_OPTIONS=detect_leaks=1
    fi
    packages test
    if [[ -n $all ]]; then
        say "checking the sources"
        lint || true
    fi
    install_tools "$STATE/tools" peers || fail "the programs that the tests talk to could not be installed; see above"
    export TEST_PEERS_PYTHON=$STATE/tools/peers/bin/python3
    say "building"
    step swift build --build-tests "${build[@]}" || fail "the build failed"
    local directory program
    directory=$(swift build "${build[@]}" --show-bin-path)
    program=$directory/commercePackageTests.xctest
    TEST_COMMERCE_BINARY=$directory/commerce
    [[ -z $previous ]] || build_previous "$previous"
    [[ -x $TEST_COMMERCE_BINARY ]] || fail "the build made no program at $TEST_COMMERCE_BINARY"
    export TEST_COMMERCE_BINARY
    throwaway_directory
    local results=$WORK/results status=0
    mkdir "$results"
    if [[ -n $all ]]; then
        test_groups "$results" "$program" || status=1
    else
        say "testing"
        TEST_TIME=0
        mkdir "$results/chosen"
        local tee
        mkfifo "$WORK/pipe"
        tee -i "$results/chosen/output" <"$WORK/pipe" &
        tee=$!
        # In a subshell, which has servers and an end of its own.
        (test_group "$results/chosen" "$program" --no-parallel "$@") >"$WORK/pipe" 2>&1 &
        TEST_PROCESSES=($!)
        wait $! || status=1
        # Waits for the end of the output, with a limit in case a process that a test left behind keeps the pipe open.
        end_process "$tee" 0 5
        if grep -qaE '(WARNING: ThreadSanitizer|ERROR: (Address|Leak)Sanitizer)' "$results/chosen/output"; then status=66; fi
    fi
    echo "The slowest tests, in seconds:"
    test_report slowest "$results"/*/events
    read -r SWIFT_PASSED SWIFT_FAILED SWIFT_SKIPPED < <(test_report count "$results"/*/events)
    local passed=$SWIFT_PASSED failed=$SWIFT_FAILED skipped=$SWIFT_SKIPPED also=
    # For example, if no test could begin, or the program crashed between two tests.
    if [[ $failed == 0 && $status != 0 ]]; then also+=", and the test program ended with an error"; fi
    if [[ $((passed + failed)) == 0 && $status == 0 ]]; then status=1; fi
    if [[ -n $all ]]; then
        [[ $LINT_FAILED == 0 ]] || status=1
        servers_in_directory -c fsync=off -c full_page_writes=off -c synchronous_commit=off
        deploy_tests fast ../../Tests/Clients || status=1
        chaos_rounds "$TEST_COMMERCE_BINARY" "$([[ -n $full ]] && echo 20 || echo 3)" || status=1
        if [[ -n $full ]]; then
            say "fuzzing"
            step "$directory/fuzz" run Tests/Fuzz/Corpus "$STATE/fuzz" 60 || status=1
        fi
        passed=$((passed + LINT_PASSED + DEPLOY_PASSED + CHAOS_PASSED))
        failed=$((failed + LINT_FAILED + DEPLOY_FAILED + CHAOS_FAILED))
        skipped=$((skipped + DEPLOY_SKIPPED))
    fi
    [[ $failed == 0 || $status != 0 ]] || status=1
    if [[ $skipped != 0 ]]; then also=", $skipped skipped$also"; fi
    echo "$passed passed, $failed failed$also"
    exit "$status"
}
