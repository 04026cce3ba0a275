# shellcheck shell=bash
# Sourced by ../../dev: runs Tests/Reliability and reports the results.

# Runs the executable files of Tests/Reliability, all or those named, against throwaway servers and the release build.
#
# The environment of each:
#   PROGRAM, ECHO, LOAD      the programs commerce, echo and open-load of the release build
#   DATABASE_URL, REDIS_URL  throwaway servers, empty; for the next name PostgreSQL's database is a new one
#   MIGRATIONS_DIR           the project's migrations
#   SCRATCH                  a directory of its own, removed at the end
#   REPORT                   a file for its findings, a line each, of four fields with a tab between:
#                            what, figure, bound, and "held" or "missed"
#   PATH                     python3 there has what Tests/Reliability/tools.txt pins
# An exit status other than 0, or no result at all, counts as missed.
reliability() {
    local directory=Tests/Reliability name names=()
    if [[ $# -gt 0 ]]; then
        names=("$@")
    else
        for name in "$directory"/*; do
            if [[ -f $name && -x $name ]]; then names+=("${name##*/}"); fi
        done
    fi
    for name in "${names[@]}"; do
        [[ $name != */* && -f $directory/$name && -x $directory/$name ]] || fail "there is no $directory/$name"
    done
    packages reliability
    install_tool_set "$STATE/tools/reliability" "$directory/tools.txt" || fail "the Python packages could not be installed"
    say "building"
    local product
    for product in commerce echo open-load; do
        step swift build "${RELEASE[@]}" --product "$product" || fail "the build failed"
    done
    PROGRAM=$(swift build "${RELEASE[@]}" --show-bin-path)/commerce
    ECHO=${PROGRAM%/*}/echo
    LOAD=${PROGRAM%/*}/open-load
    # Each connection of a client needs a descriptor at both ends.
    ulimit -n "$(ulimit -Hn)"
    throwaway_servers
    # All clients have one address.
    export RATE_LIMIT=off
    export PROGRAM ECHO LOAD REPORT=$WORK/report MIGRATIONS_DIR=$ROOT/migrations REDIS_URL=$TEST_REDIS_URL
    export PATH="$STATE/tools/reliability/bin:$PATH:/usr/sbin:/sbin" PYTHONDONTWRITEBYTECODE=1
    : >"$REPORT"
    for name in "${names[@]}"; do reliability_of "$directory" "$name"; done
    reliability_table || exit 1
    exit 0
}

reliability_of() {
    local directory=$1 name=$2 status=0 before began=$SECONDS
    say "$name"
    "$POSTGRES_BIN/psql" -XqAt -v ON_ERROR_STOP=1 -d "$TEST_DATABASE_URL" -c "CREATE DATABASE \"$name\"" ||
        fail "no database for $name"
    "${TEST_REDIS_SERVER%/*}/redis-cli" -u "$REDIS_URL" flushall >/dev/null || fail "Redis does not answer"
    export SCRATCH=$WORK/scratch/$name DATABASE_URL=${TEST_DATABASE_URL%/*}/$name
    mkdir "$SCRATCH"
    before=$(wc -l <"$REPORT")
    step "$directory/$name" || status=$?
    if [[ $status != 0 ]]; then
        printf '%s\tended with status %s\t0\tmissed\n' "$name" "$status" >>"$REPORT"
    elif [[ $(wc -l <"$REPORT") == "$before" ]]; then
        printf '%s\tfound nothing\ta figure\tmissed\n' "$name" >>"$REPORT"
    fi
    echo "    ($((SECONDS - began)) s)"
}

# Prints the results as a table; fails if a bound was missed.
reliability_table() {
    local what figure bound verdict missed=0 total=0 wide=4
    while IFS=$'\t' read -r what _; do if ((${#what} > wide)); then wide=${#what}; fi; done <"$REPORT"
    printf "\n%-${wide}s  %24s  %-20s\n" what figure bound
    while IFS=$'\t' read -r what figure bound verdict; do
        total=$((total + 1))
        if [[ $verdict != held ]]; then missed=$((missed + 1)) verdict=MISSED; fi
        printf "%-${wide}s  %24s  %-20s  %s\n" "$what" "$figure" "$bound" "$verdict"
    done <"$REPORT"
    echo
    echo "$((total - missed)) held, $missed missed"
    [[ $missed == 0 ]]
}
