# shellcheck shell=bash
# Sourced by ../../dev: the checks that need no server, no account and no network.

LINT_PASSED=0 LINT_FAILED=0

# Runs the checks, prints a line for each, and counts them. With --staged it runs only the quick ones, on the files of the next
# commit.
lint() {
    local staged=
    case ${1:-} in
        --staged) staged=yes ;;
        '') ;;
        *) fail "no option '$1': ./dev lint [--staged]" ;;
    esac
    LINT_PASSED=0 LINT_FAILED=0
    if [[ -z $staged ]]; then packages lint; fi
    # Also for a checkout of another account, such as in a container.
    local -x GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=$ROOT
    local output
    if ! output=$(git rev-parse --git-dir 2>&1); then
        lint_result 'git, which lists the files to check' 1 "$output"
        return 1
    fi
    if [[ -z $staged ]]; then
        install_tools "$STATE/tools" tools checkov || fail "the checking programs could not be installed; see above"
    fi
    local programs
    programs=$(tool_path "$STATE/tools")
    local -x PATH=$programs:$PATH PYTHONDONTWRITEBYTECODE=1

    local files=()
    lint_files '*.swift'
    lint_check 'swift format' swift format lint --strict --parallel "${files[@]}"
    lint_shell_scripts
    # From the top directory, because the scripts name the files they source relative to it.
    lint_check shellcheck shellcheck --external-sources --source-path=SCRIPTDIR "${files[@]}"
    lint_files '*.yaml' '*.yml'
    lint_check yamllint yamllint --strict --config-file deploy/test/yamllint.yaml "${files[@]}"
    lint_files Dockerfile
    lint_check hadolint hadolint --failure-threshold info "${files[@]}"
    lint_files '.github/workflows/*.yaml'
    lint_check 'workflow schema' check-jsonschema --builtin-schema vendor.github-workflows "${files[@]}"
    lint_files '.github/ISSUE_TEMPLATE/*.yml' ':!.github/ISSUE_TEMPLATE/config.yml'
    lint_check 'issue form schema' check-jsonschema --builtin-schema vendor.github-issue-forms "${files[@]}"
    lint_files .github/dependabot.yaml
    lint_check 'dependabot schema' check-jsonschema --builtin-schema vendor.dependabot "${files[@]}"
    lint_files deploy/compose.yaml
    lint_check 'compose schema' check-jsonschema --builtin-schema vendor.compose-spec "${files[@]}"
    lint_files '*.openapi.json'
    lint_check 'API document' "$STATE/tools/tools/bin/python" deploy/dev/api_lint.py
    # Of all documents also before a commit, since code that is renamed or moved makes a document wrong.
    files=(--all)
    lint_check 'links in documents' python3 deploy/test/lint/documents.py links
    lint_check 'paths in documents' python3 deploy/test/lint/documents.py paths
    lint_check 'names in documents' python3 deploy/test/lint/documents.py names
    lint_check 'imports and floors' python3 deploy/test/lint/imports.py
    lint_files '*'
    if [[ -z $staged ]]; then files=(--all); fi
    lint_check wording python3 deploy/test/lint/words.py "${files[@]}"
    lint_check 'keys and passwords' python3 deploy/test/lint/keys.py "${files[@]}"
    if [[ -z $staged ]]; then
        lint_check zizmor zizmor --offline --persona pedantic --no-progress .github
        lint_check cfn-lint cfn-lint -- deploy/cloudformation/*.yaml
        lint_checkov
    fi
    [[ $LINT_FAILED == 0 ]]
}

# Sets `files` to those that match git's path patterns: all of them, or with `staged` those of the next commit.
lint_files() {
    if [[ -n $staged ]]; then
        mapfile -d '' -t files < <(git diff --cached --name-only --diff-filter=ACMR -z -- "$@")
    else
        mapfile -d '' -t files < <(git ls-files -z --cached --others --exclude-standard -- "$@")
    fi
    # A file that was deleted but not committed is still in git's list.
    local file there=()
    for file in "${files[@]}"; do
        if [[ -f $file && ! -L $file ]]; then there+=("$file"); fi
    done
    files=("${there[@]}")
}

# The same for shell scripts, which are recognized by their first line.
lint_shell_scripts() {
    lint_files '*'
    local file first scripts=()
    for file in "${files[@]}"; do
        IFS= LC_ALL=C read -r -n 32 first <"$file" 2>/dev/null || true
        if [[ $first == '#!/usr/bin/env bash'* || $first == '# shellcheck shell=bash'* ]]; then scripts+=("$file"); fi
    done
    files=("${scripts[@]}")
}

# Runs a check as `lint_check NAME COMMAND …`. A check without files does nothing. With --staged, a check whose program is
# missing is skipped, because only ./dev lint installs programs.
lint_check() {
    local name=$1 output status=0
    shift
    if [[ ${#files[@]} == 0 ]]; then return; fi
    if [[ -n $staged ]] && ! type -P "$1" >/dev/null; then
        printf 'skipped  %s: run ./dev lint once, which installs %s\n' "$name" "${1##*/}"
        return
    fi
    output=$("$@" 2>&1) || status=$?
    lint_result "$name" "$status" "$output"
}

lint_result() {
    if [[ $2 == 0 ]]; then
        LINT_PASSED=$((LINT_PASSED + 1))
        printf 'ok       %s\n' "$1"
    else
        LINT_FAILED=$((LINT_FAILED + 1))
        printf 'failed   %s\n' "$1"
        printf '    %s\n' "${3//$'\n'/$'\n'    }"
    fi
}

# Checkov's rules. A rule that is skipped has its reason beside it.
lint_checkov() {
    local framework where
    for framework in cloudformation dockerfile github_actions kubernetes secrets; do
        where=()
        case $framework in
            cloudformation) where=(--directory deploy/cloudformation) ;;
            dockerfile) where=(--file Dockerfile) ;;
            github_actions) where=(--directory .github) ;;
            kubernetes) where=(--directory deploy/kubernetes) ;;
            # CKV_SECRET_6 guesses by entropy, and mistakes names of resources and statistics for keys.
            secrets) where=(--directory deploy --skip-check CKV_SECRET_6) ;;
        esac
        lint_check "checkov, $framework" checkov --framework "$framework" --quiet --compact --skip-download "${where[@]}"
    done
}
