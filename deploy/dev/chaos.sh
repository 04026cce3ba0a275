# shellcheck shell=bash
# Sourced by ../../dev: runs the rounds of Tests/Chaos.

chaos() {
    [[ ${1:-} =~ ^[0-9]+$ && ${2:-0} =~ ^[0-9]+$ ]] || fail "how many rounds? ./dev chaos ROUNDS [SEED]"
    packages chaos
    say "building"
    step swift build "${RELEASE[@]}" --product commerce || fail "the build failed"
    throwaway_directory
    TEST_TIME=0
    chaos_rounds "$(swift build "${RELEASE[@]}" --show-bin-path)/commerce" "$@" || exit 1
    exit 0
}

CHAOS_PASSED=0 CHAOS_FAILED=0

# Runs rounds against two instances of a program, with their own servers, and counts them. The logs of failed rounds are kept in
# .dev/chaos. CHAOS_POSTGRES holds more settings for PostgreSQL: with "-c synchronous_commit=off -c wal_writer_delay=10s"
# acknowledged orders are lost, and the rounds must find that.
chaos_rounds() {
    local program=$1 status=0
    shift
    say "making chaos"
    mkdir "$WORK/chaos"
    chmod 755 "$WORK/chaos"
    # Each connection through a proxy needs a descriptor at both ends.
    ulimit -n "$(ulimit -Hn)"
    step env PROGRAM="$program" ECHO= SCRATCH="$WORK/chaos" MIGRATIONS_DIR="$ROOT/migrations" POSTGRES_BIN="$POSTGRES_BIN" \
        CHAOS_KEPT="$STATE/chaos" CHAOS_COUNTS="$WORK/chaos-counts" PYTHONDONTWRITEBYTECODE=1 PATH="$PATH:/usr/sbin:/sbin" \
        timeout --foreground --kill-after=60 "$TEST_TIME" Tests/Chaos/chaos "$@" || status=$?
    # shellcheck disable=SC2034 # read in dev
    if ! read -r CHAOS_PASSED CHAOS_FAILED <"$WORK/chaos-counts" 2>/dev/null; then CHAOS_FAILED=1; fi
    return "$status"
}
