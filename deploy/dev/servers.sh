# shellcheck shell=bash
# Sourced by ../../dev: starts PostgreSQL and Redis for this checkout only, on loopback, and stops them when the command ends.

POSTGRES=
REDIS=

# PostgreSQL refuses to run as root, so for root the servers run as `postgres`. setpriv(1) replaces itself with the command, so
# the process that is started is the server itself.
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

# Whether a port of this machine is free.
port_is_free() {
    ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Prints a free port below the range that the kernel uses for outgoing connections.
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

# Prints the port that this server had last time, or a new one if it had none or another program uses it.
remembered_port() {
    local file=$STATE/$1.port port
    port=$(cat "$file" 2>/dev/null || true)
    if ! [[ $port =~ ^[0-9]+$ ]] || ! port_is_free "$port"; then
        port=$(free_port)
        echo "$port" >"$file"
    fi
    echo "$port"
}

# Makes the secrets, once, and reads them. They are kept in a file that only their owner can read. A file of an earlier version gets
# the new ones. Only the holder of the lock does this; other commands read the file.
make_secrets() {
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

# Prints the directory of the cluster of ./dev run: under .dev/, or in /var/lib if its account cannot enter .dev/ (a checkout in
# /root).
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
        # An existing cluster belongs to a .dev/ that was removed, together with its passwords.
        rm -rf "$place"
        mkdir -p "${place%/*}"
        ln -s "$place" "$link"
        echo "$place"
    fi
}

# Makes a cluster. With a password, clients must give it (SCRAM); without one, every client is let in. The cluster gets its
# final name only when it is complete.
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

# Starts PostgreSQL and waits until it accepts connections. Further arguments are passed to it. POSTGRES_FAILURE is the message
# if it does not start.
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

# Like as_server, but replaces the shell with the command.
as_server_exec() {
    if [[ $EUID == 0 ]]; then
        exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
    else
        exec "$@"
    fi
}

# Starts Redis, which keeps nothing on disk, and waits until it accepts connections.
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

# Sends a signal, waits up to so many seconds for the process to end, then kills it.
end_process() {
    local process=$1 signal=$2 seconds=$3
    kill -"$signal" "$process" 2>/dev/null || return 0
    for ((i = 0; i < seconds * 20; i++)); do
        # A zombie has ended; only its parent has not collected it yet.
        kill -0 "$process" 2>/dev/null && ! grep -qs '^State:.Z' "/proc/$process/status" || return 0
        sleep 0.05
    done
    # `wait` here swallows the shell's message that the process was killed.
    { kill -KILL "$process" && wait "$process"; } 2>/dev/null || true
}

# Stops the servers that this process started. For PostgreSQL, INT means a fast shutdown.
stop_servers() {
    if [[ -n $POSTGRES ]]; then end_process "$POSTGRES" INT 30; fi
    if [[ -n $REDIS ]]; then end_process "$REDIS" TERM 10; fi
    POSTGRES='' REDIS=''
}

# Stops the servers and the service of a ./dev run that was killed before it could stop them.
stop_leftovers() {
    local data process
    [[ -d $STATE ]] || return 0
    data=$(readlink "$STATE/postgres" 2>/dev/null || echo "$STATE/postgres")
    for process in $(find /proc -maxdepth 2 -name cwd \( -lname "$data" -o -lname "$STATE" \) 2>/dev/null | cut -d/ -f3); do
        case $(cat "/proc/$process/comm" 2>/dev/null) in
            postgres)
                # Kills the children together with their parent.
                if [[ $(head -n 1 "$data/postmaster.pid" 2>/dev/null) == "$process" ]]; then end_process "$process" INT 30; fi
                ;;
            redis-server) end_process "$process" TERM 10 ;;
        esac
    done
    process=$(cat "$STATE/service.pid" 2>/dev/null || true)
    if [[ -n $process && $(cat "/proc/$process/comm" 2>/dev/null) == commerce ]]; then end_process "$process" INT 40; fi
    rm -f "$STATE/service.pid"
}
