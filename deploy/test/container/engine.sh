# shellcheck shell=bash
# Sourced: buildah and podman with their own storage under $CONTAINERS. They work on machines without a Docker engine, and
# inside a container that may not raise limits.

: "${CONTAINERS:?where images and containers are kept}"

# Prints the names of missing packages. It uses `type -P`, which finds only files; `command -v` would also find the functions
# below.
engine_missing() {
    local program
    for program in buildah podman runc debootstrap catatonit iptables; do
        PATH=$PATH:/usr/sbin:/sbin type -P "$program" >/dev/null || echo "$program"
    done
    if [[ ! -e /usr/lib/podman/netavark ]]; then printf '%s\n' netavark aardvark-dns; fi
}

# Installs the missing packages, or prints in one line why they cannot be installed.
engine_available() {
    local missing
    if [[ $(uname -s) != Linux || $EUID != 0 ]]; then
        echo "container tests need Linux and root"
        return 1
    fi
    mapfile -t missing < <(engine_missing)
    if [[ ${#missing[@]} == 0 ]]; then return 0; fi
    if ! type -P apt-get >/dev/null; then
        echo "missing: ${missing[*]}"
        return 1
    fi
    if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$CONTAINERS/apt.log" 2>&1; then
        echo "could not install ${missing[*]}; see $CONTAINERS/apt.log"
        return 1
    fi
    # A second look, so that a package with unexpected contents is found here and not by a test.
    mapfile -t missing < <(engine_missing)
    if [[ ${#missing[@]} != 0 ]]; then
        echo "still missing after the installation: ${missing[*]}"
        return 1
    fi
}

engine_configure() {
    mkdir -p "$CONTAINERS/net"
    cat >"$CONTAINERS/containers.conf" <<CONF
[containers]
default_ulimits=["nofile=4096:4096","nproc=4096:4096"]
[network]
network_backend="netavark"
network_config_dir="$CONTAINERS/net"
[engine]
cgroup_manager="cgroupfs"
runtime="runc"
events_logger="file"
CONF
    export CONTAINERS_CONF=$CONTAINERS/containers.conf
}

STORAGE=(--root "$CONTAINERS/storage" --runroot "$CONTAINERS/run" --storage-driver overlay)

podman() { command podman "${STORAGE[@]}" "$@"; }
buildah() { command buildah "${STORAGE[@]}" "$@"; }
