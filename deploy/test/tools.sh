# shellcheck shell=bash
# Sourced by ./dev and by the scripts beside it: the Python programs that check what deploys, in environments of their own.

# Checkov is kept apart, since its dependencies disagree with the others'.
TOOL_SETS=(tools checkov)

# Makes $1 hold an environment for each set, as pinned with hashes in *.txt; anew where a pin has changed.
install_tools() {
    local directory=$1 here set pins
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
    mkdir -p "$directory"
    for set in "${TOOL_SETS[@]}"; do
        pins=$here/$set.txt
        if cmp -s "$pins" "$directory/$set/installed.txt"; then continue; fi
        rm -rf "${directory:?}/$set"
        python3 -m venv "$directory/$set" || return 1
        "$directory/$set/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement "$pins" || return 1
        # Last, so that an installation cut short is no installation.
        cp "$pins" "$directory/$set/installed.txt"
    done
}

# The path of a set's programs, as in: tool_path .dev/tools
tool_path() {
    local set path=''
    for set in "${TOOL_SETS[@]}"; do path+=$1/$set/bin:; done
    printf '%s' "${path%:}"
}
