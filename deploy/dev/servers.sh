# shellcheck shell=bash
# Sourced by ../../dev: PostgreSQL and Redis for this checkout alone, on loopback, stopped when the command ends.

POSTGRES=
REDIS=

# PostgreSQL refuses to run as root, and root's servers run as `postgres` then. setpriv(1) becomes the command, so that the
# process started is the server itself.
as_server() {
    if [[ $EUID == 0 ]]; then
        setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
    else
        "$@"
    fi
}

server_can_enter() {
    (cd / && as_server test -x "$1")
}

# Whether nobody listens on a port of this machine.
port_is_free() {
    ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# A free port, below the range that the kernel takes for outgoing connections.
free_port() {
    local port
    for _ in {1..200}; do
        port=$((20000 + RANDOM % 12000))
        if port_is_free "$port"; then
            echo "$port"
            return
        fi
    done
    fail "no free port on 127.0.0.1"
}

# The port that this server had last time, or a new one where it has none or somebody took it.
remembered_port() {
    local file=$STATE/$1.port port
    port=$(cat "$file" 2>/dev/null || true)
    if ! [[ $port =~ ^[0-9]+$ ]] || ! port_is_free "$port"; then
        port=$(free_port)
        echo "$port" >"$file"
    fi
    echo "$port"
}

# Secrets made once and kept where only their owner reads them; a file of an earlier version gets those that are new.
secrets() {
    local file=$STATE/secrets name
    (
        umask 077
        { cat "$file" 2>/dev/null || true; } >"$file.new"
        for name in POSTGRES_PASSWORD DATABASE_PASSWORD REDIS_PASSWORD JWT_SECRET ENCRYPTION_KEY; do
            grep -q "^$name=" "$file.new" || echo "$name=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')" >>"$file.new"
        done
        mv "$file.new" "$file"
    )
    # shellcheck source=/dev/null
    . "$file"
}

# Where the cluster of ./dev run is: under .dev/, or where its account cannot go there (a checkout in /root), in /var/lib.
data_directory() {
    local link=$STATE/postgres
    if [[ $EUID != 0 ]]; then
        echo "$link"
    elif [[ -L $link ]]; then
        readlink "$link"
    elif [[ -e $link ]] || server_can_enter "$STATE"; then
        echo "$link"
    else
        local place
        place=/var/lib/commerce-dev/$(cksum <<<"$ROOT" | cut -d' ' -f1)
        # What is there belongs to a .dev/ that has been removed, and its passwords with it.
        rm -rf "$place"
        mkdir -p "${place%/*}"
        ln -s "$place" "$link"
        echo "$place"
    fi
}

# Makes a cluster; with a password clients must give it (SCRAM), without one all are let in. It appears under its name only
# when it is complete.
create_cluster() {
    local data=$1 password=$2 new=$1.new log
    local authentication=(--auth=trust)
    rm -rf "$new" "$new.password"
    mkdir -p "$new"
    if [[ -n $password ]]; then
        (umask 077 && echo "$password" >"$new.password")
        authentication=(--auth=scram-sha-256 --pwfile="$new.password")
    fi
    [[ $EUID != 0 ]] || chown postgres: "$new" ${password:+"$new.password"}
    log=$(cd / && as_server "$POSTGRES_BIN/initdb" -D "$new" -U postgres -E UTF8 --locale=C.UTF-8 --no-sync \
        "${authentication[@]}" 2>&1) || fail "the database cluster could not be created: $log"
    rm -f "$new.password"
    mv "$new" "$data"
}

# Starts PostgreSQL and waits until it takes connections; further arguments are its own. POSTGRES_FAILURE is what is said
# where it does not.
start_postgres() {
    local data=$1 port=$2 log=$3
    shift 3
    : >"$log"
    (
        cd /
        as_server_exec setsid "$POSTGRES_BIN/postgres" -D "$data" -c port="$port" -c listen_addresses=127.0.0.1 \
            -c unix_socket_directories= "$@"
    ) >>"$log" 2>&1 9>&- &
    POSTGRES=$!
    until "$POSTGRES_BIN/pg_isready" -q -h 127.0.0.1 -p "$port"; do
        if ! kill -0 "$POSTGRES" 2>/dev/null; then
            tail -n 20 "$log" >&2
            fail "${POSTGRES_FAILURE:-PostgreSQL did not start}"
        fi
        sleep 0.05
    done
}

# As as_server, but the shell itself becomes the command.
as_server_exec() {
    if [[ $EUID == 0 ]]; then
        exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
    else
        exec "$@"
    fi
}

# Starts Redis, which keeps nothing on disk, and waits until it takes connections.
start_redis() {
    local port=$1 directory=$2 password=$3
    (umask 077 && printf '%s\n' "bind 127.0.0.1" "port $port" "dir \"$directory\"" 'save ""' "appendonly no" \
        "maxmemory 256mb" "maxmemory-policy allkeys-lru" ${password:+"requirepass $password"} >"$directory/redis.conf")
    setsid redis-server "$directory/redis.conf" >"$directory/redis.log" 2>&1 9>&- &
    REDIS=$!
    while port_is_free "$port"; do
        if ! kill -0 "$REDIS" 2>/dev/null; then
            tail -n 20 "$directory/redis.log" >&2
            fail "Redis did not start"
        fi
        sleep 0.05
    done
}

# Sends a signal, waits so many seconds for the end, then kills.
end_process() {
    local process=$1 signal=$2 seconds=$3
    kill -"$signal" "$process" 2>/dev/null || return 0
    for ((i = 0; i < seconds * 20; i++)); do
        # A zombie has ended; its parent only has not asked yet.
        kill -0 "$process" 2>/dev/null && ! grep -qs '^State:.Z' "/proc/$process/status" || return 0
        sleep 0.05
    done
    # Waited for here, where the shell's remark that it was killed goes nowhere.
    { kill -KILL "$process" && wait "$process"; } 2>/dev/null || true
}

# Stops the servers that this process started; PostgreSQL's INT is its fast shutdown.
stop_servers() {
    if [[ -n $POSTGRES ]]; then end_process "$POSTGRES" INT 30; fi
    if [[ -n $REDIS ]]; then end_process "$REDIS" TERM 10; fi
    POSTGRES='' REDIS=''
}

# Stops the servers and the service of a ./dev run that was killed before it could.
stop_leftovers() {
    local data process
    [[ -d $STATE ]] || return 0
    data=$(readlink "$STATE/postgres" 2>/dev/null || echo "$STATE/postgres")
    for process in $(find /proc -maxdepth 2 -name cwd \( -lname "$data" -o -lname "$STATE" \) 2>/dev/null | cut -d/ -f3); do
        case $(cat "/proc/$process/comm" 2>/dev/null) in
            postgres)
                # Children go with their parent.
                if [[ $(head -n 1 "$data/postmaster.pid" 2>/dev/null) == "$process" ]]; then end_process "$process" INT 30; fi
                ;;
            redis-server) end_process "$process" TERM 10 ;;
        esac
    done
    process=$(cat "$STATE/service.pid" 2>/dev/null || true)
    if [[ -n $process && $(cat "/proc/$process/comm" 2>/dev/null) == commerce ]]; then end_process "$process" INT 40; fi
    rm -f "$STATE/service.pid"
}
