# shellcheck shell=bash
# Sourced by ../../dev: the programs and libraries that must be installed, and how to install them.

# Installs the distribution's packages that are missing. `packages test` also installs what the tests need, `packages bench` what
# the benchmarks need, `packages reliability` what Tests/Reliability needs, `packages chaos` what Tests/Chaos needs. `packages
# lint` installs only what ./dev lint needs: no servers and no libraries.
packages() {
    [[ $(uname -s) == Linux ]] || fail "this needs Linux"
    type -P swift >/dev/null || fail "there is no swift in PATH; install a toolchain first: https://www.swift.org/install/linux"
    local missing
    mapfile -t missing < <(missing_packages "$@")
    [[ ${#missing[@]} == 0 ]] || install_packages "${missing[@]}"
    # A second look, so that the failure is reported here and not later by a program that is missing.
    mapfile -t missing < <(missing_packages "$@")
    [[ ${#missing[@]} == 0 ]] || fail "still missing after the installation: ${missing[*]}"
    if [[ ${1:-} == lint ]]; then return; fi
    # shellcheck disable=SC2034 # read in servers.sh
    POSTGRES_BIN=$(postgres_programs)
    if [[ $EUID == 0 ]]; then
        id postgres >/dev/null 2>&1 || fail "PostgreSQL does not run as root, and there is no account named postgres for it"
    fi
}

# Prints the names of missing packages. It looks for the files themselves and not into the package database. Programs are found
# with `type -P`, which finds only files; `command -v` would also find a shell function of that name.
missing_packages() {
    library() { command pkg-config --exists "$1" 2>/dev/null || echo "$2"; }
    program() { find_program "$1" >/dev/null || echo "$2"; }
    # Debian's python3 comes without venv and ensurepip.
    python_environments() {
        command python3 -c 'import ensurepip, venv' 2>/dev/null || printf '%s\n' python3 python3-venv
    }
    # SwiftPM fetches packages with git, and ./dev lint lists files with it.
    program git git
    if [[ ${1:-} == lint ]]; then
        python_environments
        return
    fi
    program pkg-config pkg-config
    library libpq libpq-dev
    library hiredis libhiredis-dev
    library openssl libssl-dev
    library zlib zlib1g-dev
    library libcurl libcurl4-openssl-dev
    library jemalloc libjemalloc-dev
    program openssl openssl
    program redis-server redis-server
    local programs
    if programs=$(postgres_programs); then
        [[ -e $("$programs/pg_config" --sharedir)/extension/pg_trgm.control ]] || echo postgresql-contrib
    else
        printf '%s\n' postgresql postgresql-contrib
    fi
    if [[ ${1:-} == test ]]; then
        program jq jq
        program curl curl
        program nm binutils
        program gpg gnupg
        python_environments
    fi
    if [[ ${1:-} == chaos ]]; then program python3 python3; fi
    if [[ ${1:-} == reliability ]]; then
        program haproxy haproxy
        program slowhttptest slowhttptest
        program wrk wrk
        python_environments
    fi
    if [[ ${1:-} == bench ]]; then
        program python3 python3
        program nginx nginx-light
        program wrk wrk
        [[ -z $programs || -x $programs/pgbench ]] || echo postgresql-contrib
    fi
}

# Prints a program's path. Servers are in directories that are not always in an ordinary user's PATH.
find_program() {
    PATH=$PATH:/usr/sbin:/sbin type -P "$1"
}

# Prints the directory of the programs of the newest PostgreSQL.
postgres_programs() {
    local initdb
    initdb=$(find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
    [[ -n $initdb ]] || initdb=$(type -P initdb) || return 1
    dirname "$(readlink -f "$initdb")"
}

# Installs packages, and prevents the servers in them from starting, now and after a reboot.
install_packages() {
    local as_root=()
    type -P apt-get >/dev/null || fail "missing: $*; install them (these are their names on Debian), there is no apt-get here"
    if [[ $EUID != 0 ]]; then
        type -P sudo >/dev/null || fail "missing, and neither root nor sudo is here to install them: $*"
        [[ -t 0 ]] || sudo -n true 2>/dev/null || fail "missing, and sudo asks for a password: sudo apt-get install $*"
        as_root=(sudo)
    fi
    say "installing $* (a minute or two)"
    # The names are passed as arguments, so that none of them can be read as a command.
    "${as_root[@]}" bash -s -- "$@" <<'ROOT' || fail "apt-get could not install: $*"
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d/commerce-dev.conf
units=()
for package in "$@"; do
    case $package in
        redis-server) units+=(redis-server.service) ;;
        nginx-light) units+=(nginx.service) ;;
        haproxy) units+=(haproxy.service) ;;
        postgresql) units+=(postgresql.service) ;;
    esac
done
made=()
trap 'rm -f "${made[@]}"' EXIT
if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    made+=("$policy")
fi
mkdir -p "${cluster%/*}"
echo 'create_main_cluster = false' >"$cluster"
made+=("$cluster")
log=$(mktemp)
made+=("$log")
apt() { apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -qq "$@" </dev/null >>"$log" 2>&1; }
# Updates apt's lists only if they are missing or too old.
apt install -y --no-install-recommends "$@" || { apt update && apt install -y --no-install-recommends "$@"; } || {
    tail -n 20 "$log" >&2
    exit 1
}
if type -P systemctl >/dev/null && [[ ${#units[@]} -gt 0 ]]; then
    systemctl disable "${units[@]}" >/dev/null 2>&1 || true
fi
ROOT
}
