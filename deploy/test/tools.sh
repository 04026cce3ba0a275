# shellcheck shell=bash
# Sourced by ./dev and by scripts in this directory: installs the Python programs that check the deployment, those that generate
# clients from the API document, and those that the Swift tests talk to, each set in its own environment.

# Checkov is separate, because its dependencies conflict with those of the others. The client generators are separate too,
# because their Python runs the generated clients. The peers are other implementations of the protocols that the service speaks:
# few and small, because every run of the Swift tests needs them.
TOOL_SETS=(tools checkov clients peers)

# Makes an environment in $1 for each set, or for those named, as pinned with hashes in *.txt.
install_tools() {
    local directory=$1 here set sets=("${@:2}")
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
    [[ ${#sets[@]} -gt 0 ]] || sets=("${TOOL_SETS[@]}")
    for set in "${sets[@]}"; do install_tool_set "$directory/$set" "$here/$set.txt" || return 1; done
}

# Makes the environment $1 from the pins in $2. It is made from scratch if a pin has changed, or if it does not work because the
# checkout was moved.
install_tool_set() {
    local environment=$1 pins=$2
    if cmp -s "$pins" "$environment/installed.txt" && "$environment/bin/pip" --version >/dev/null 2>&1; then return; fi
    rm -rf "${environment:?}"
    mkdir -p "${environment%/*}"
    python3 -m venv "$environment" || return 1
    "$environment/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement "$pins" || return 1
    # Last, so that an interrupted installation is not taken for a complete one.
    cp "$pins" "$environment/installed.txt"
}

# Prints the PATH of the sets' programs, as in: tool_path .dev/tools
tool_path() {
    local set path=''
    for set in "${TOOL_SETS[@]}"; do path+=$1/$set/bin:; done
    printf '%s' "${path%:}"
}
