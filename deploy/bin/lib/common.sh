# shellcheck shell=bash
# Sourced by the scripts above: messages, exit codes, the environment's file, and the AWS CLI with the same settings everywhere.
# Progress and errors go to standard error, results to standard output.

DEPLOY=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
PROGRAM=${0##*/}

# The exit codes of the scripts; each --help lists those it uses. 64, 69 and 75 are those of sysexits(3).
# shellcheck disable=SC2034
{
    EXIT_REFUSED=1
    EXIT_TASK_FAILED=10
    EXIT_TASK_NOT_STARTED=11
    EXIT_TASK_STILL_RUNNING=12
    EXIT_UPDATE_FAILED=20
    EXIT_PUT_BACK=21
    EXIT_NOT_PUT_BACK=22
    EXIT_UPDATE_STILL_RUNNING=23
    EXIT_USAGE=64
    EXIT_UNAVAILABLE=69
    EXIT_BUSY=75
    EXIT_INTERRUPTED=130
}

say() { printf '==> %s\n' "$*" >&2; }
detail() { printf '    %s\n' "$*" >&2; }

# fail [--status N] MESSAGE
fail() {
    local status=$EXIT_REFUSED
    if [[ ${1:-} == --status ]]; then
        status=$2
        shift 2
    fi
    printf '%s: %s\n' "$PROGRAM" "$*" >&2
    exit "$status"
}

usage_error() { fail --status "$EXIT_USAGE" "$*; $PROGRAM --help says more"; }

need() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || fail --status "$EXIT_UNAVAILABLE" "$program is not installed"
    done
}

# What is left over if the script is interrupted. Each step that changes something updates it.
STATE_NOW="nothing was changed"

interrupted() {
    trap '' INT TERM
    printf '\n%s: interrupted; %s\n' "$PROGRAM" "$STATE_NOW" >&2
    exit "$EXIT_INTERRUPTED"
}

# A directory that is removed when the script ends.
scratch() {
    SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/commerce-deploy.XXXXXX")
    trap 'rm -rf "$SCRATCH"' EXIT
    trap interrupted INT TERM
}

# The delay between two looks at something that takes a while.
POLL=${DEPLOY_POLL_SECONDS:-5}

pause() { sleep "${1:-$POLL}"; }

check_digest() {
    [[ $1 =~ ^sha256:[0-9a-f]{64}$ ]] || usage_error "'$1' is no image digest (sha256: and 64 hexadecimal digits)"
}

# Reads deploy/environments/ENV.json. Read a setting of it with: environment_value '.path'
load_environment() {
    ENVIRONMENT=$1
    ENVIRONMENT_FILE=$DEPLOY/environments/$ENVIRONMENT.json
    [[ $ENVIRONMENT =~ ^[a-z]+$ && -f $ENVIRONMENT_FILE ]] ||
        usage_error "there is no environment '$ENVIRONMENT' (deploy/environments/$ENVIRONMENT.json)"
    jq -e . "$ENVIRONMENT_FILE" >/dev/null 2>&1 || fail "$ENVIRONMENT_FILE is no valid JSON"
    PROJECT=$(environment_value .project)
    REGION=$(environment_value .region)
    [[ -n $PROJECT && -n $REGION ]] || fail "$ENVIRONMENT_FILE names no project or no region"
    use_region "$REGION"
    # The CLI itself repeats calls that were throttled or lost, with growing random delays and the same idempotency token.
    export AWS_RETRY_MODE=${AWS_RETRY_MODE:-standard} AWS_MAX_ATTEMPTS=${AWS_MAX_ATTEMPTS:-8}
    export AWS_PAGER='' AWS_DEFAULT_OUTPUT=json TZ=UTC
}

environment_value() { jq -r "$1 // empty" "$ENVIRONMENT_FILE"; }

# Version 1 of the CLI reads only the second name.
use_region() { export AWS_REGION=$1 AWS_DEFAULT_REGION=$1; }

# Calls the AWS CLI, and keeps its error message for `aws_error`.
call_aws() { aws "$@" 2>"$SCRATCH/aws-error"; }

# Prints the last error in one line.
aws_error() { grep -v '^$' "$SCRATCH/aws-error" | tail -n 1 | sed 's/^aws: \[ERROR\]: //' || true; }

aws_error_has() { grep -q "$@" "$SCRATCH/aws-error"; }

unavailable() { fail --status "$EXIT_UNAVAILABLE" "$1: $(aws_error)"; }
