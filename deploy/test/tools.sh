# shellcheck shell=bash
# Sourced by ./dev and by the scripts beside it: the Python programs that check what deploys, and those that make clients from
# the API document, in environments of their own.

# Checkov is kept apart, since its dependencies disagree with the others'; and the clients' generators, whose Python runs what
# they made.
TOOL_SETS=(tools checkov clients)

# Makes $1 hold an environment for each set, or for those named, as pinned with hashes in *.txt.
install_tools() {
    local directory=$1 here set sets=("${@:2}")
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
    [[ ${#sets[@]} -gt 0 ]] || sets=("${TOOL_SETS[@]}")
    for set in "${sets[@]}"; do install_tool_set "$directory/$set" "$here/$set.txt" || return 1; done
}

# Makes $1 an environment of what is pinned in $2. Where a pin has changed, the environment is made from scratch.
install_tool_set() {
    local environment=$1 pins=$2
    if cmp -s "$pins" "$environment/installed.txt"; then return; fi
    rm -rf "${environment:?}"
    mkdir -p "${environment%/*}"
    python3 -m venv "$environment" || return 1
    "$environment/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement "$pins" || return 1
    # Last, so that an installation cut short is no installation.
    cp "$pins" "$environment/installed.txt"
}

# The path of a set's programs, as in: tool_path .dev/tools
tool_path() {
    local set path=''
    for set in "${TOOL_SETS[@]}"; do path+=$1/$set/bin:; done
    printf '%s' "${path%:}"
}
