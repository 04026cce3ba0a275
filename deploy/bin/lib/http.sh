# shellcheck shell=bash
# Sourced by the scripts above, after common.sh: requests to a shop, and checks that print one line each.

FAILURES=0

ok() { printf 'ok      %s\n' "$*"; }
skipped() { printf 'skipped %s\n' "$*"; }
failed() {
    printf 'FAILED  %s\n' "$*"
    FAILURES=$((FAILURES + 1))
}

CURL=(curl --silent --show-error --max-time 15 --connect-timeout 5)

# Sets URL, without a slash at the end.
check_url() {
    [[ $1 =~ ^https?://[^/]+(/.*)?$ ]] || usage_error "'$1' is no http or https URL"
    URL=${1%/}
}

# request PATH [CURL OPTION…]: sets STATUS (000 if there was no response) and ANSWER, the file of the body.
request() {
    local path=$1
    shift
    ANSWER=$SCRATCH/answer
    : >"$ANSWER" && : >"$SCRATCH/headers" && : >"$SCRATCH/curl-error"
    STATUS=$("${CURL[@]}" --output "$ANSWER" --dump-header "$SCRATCH/headers" --write-out '%{http_code}' \
        "$@" "$URL$path" 2>"$SCRATCH/curl-error") || true
    STATUS=${STATUS:-000}
}

# Prints the value of a header field of the last response.
header() {
    awk -v name="${1,,}" '{ sub(/\r$/, ""); at = index($0, ":") }
        at > 0 && tolower(substr($0, 1, at - 1)) == name { value = substr($0, at + 1); sub(/^[ \t]+/, "", value); print value; exit }' \
        "$SCRATCH/headers"
}

# Prints a value from the JSON of the last response; prints nothing if it is missing, or if the body is not JSON.
field() { jq -r "$1 // empty" "$ANSWER" 2>/dev/null || true; }

# Prints what came instead of the expected response.
instead() {
    if [[ $STATUS == 000 ]]; then
        tail -n 1 "$SCRATCH/curl-error"
    else
        printf 'status %s, %s' "$STATUS" "$(head -c 200 "$ANSWER" | tr -d '\r' | tr '\n' ' ')"
    fi
}

# Waits until the shop's /health responds with 200, for at most so many seconds.
wait_for_health() {
    local end=$((SECONDS + $1))
    while true; do
        request /health
        if [[ $STATUS == 200 ]] || ((SECONDS >= end)); then return; fi
        sleep 1
    done
}

# Checks that the shop is healthy: by its own report, or by the status alone if a load balancer responds for it.
check_health() {
    request /health
    if [[ $STATUS == 200 && $(field .status) =~ ^(ok|degraded)$ ]]; then
        ok "health: $(field .status), version $(field .version)"
    else
        failed "health: $(instead)"
    fi
}
