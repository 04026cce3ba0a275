# shellcheck shell=bash
# Sourced by ../checklist: the checks that need only a URL.

random_word() { od -An -N8 -tx1 /dev/urandom | tr -d ' \n'; }

# Stricter than the load balancer: a degraded shop serves, but it is not a state to deploy in, or to leave alone overnight.
check_wellness() {
    request /health
    cp "$ANSWER" "$SCRATCH/health"
    if [[ $STATUS == 200 && $(field .status) == ok ]]; then
        ok "health: ok, version $(field .version), up for $(field .uptime_seconds) s"
    else
        failed "health: $(instead)"
    fi
}

health_of() { jq -r ".checks.$1.status // empty" "$SCRATCH/health" 2>/dev/null || true; }

check_database() {
    # A search that no cache can have.
    request "/v1/products?limit=1&q=$(random_word)"
    if [[ $STATUS != 200 ]] || ! jq -e '.data | type == "array"' "$ANSWER" >/dev/null 2>&1; then
        failed "database: a read that no cache has: $(instead)"
    elif [[ $(health_of postgres) != ok ]]; then
        failed "database: the health report says '$(health_of postgres)'"
    else
        ok "database: a read that no cache has, answered"
    fi
}

check_redis() {
    case $(health_of redis) in
        ok) ok "redis: answers the service" ;;
        '') skipped "redis: the health report names none; the service has none configured, or did not answer" ;;
        *) failed "redis: the health report says '$(health_of redis)'" ;;
    esac
}

check_tls() {
    if [[ $URL != https:* ]]; then
        skipped "tls: the URL is plain http"
        return
    fi
    local expires days
    "${CURL[@]}" --verbose --output /dev/null "$URL/health" 2>"$SCRATCH/tls" || {
        failed "tls: $(grep '^curl:' "$SCRATCH/tls" | tail -n 1)"
        return
    }
    if [[ -n $INSECURE ]]; then
        skipped "tls: the certificate is not checked (--insecure)"
    else
        ok "tls: the certificate is trusted and of this name"
    fi
    expires=$(sed -n 's/^\* *expire date: //p' "$SCRATCH/tls" | tail -n 1)
    if [[ -z $expires ]]; then
        skipped "tls: this curl does not tell when the certificate expires"
    else
        days=$((($(date -d "$expires" +%s) - $(date +%s)) / 86400))
        if ((days >= 14)); then ok "tls: the certificate is good for $days days"; else failed "tls: the certificate expires in $days days"; fi
    fi
    # Lowers the client's own minimum, so that the server has to refuse.
    if "${CURL[@]}" --output /dev/null --tlsv1.0 --tls-max 1.1 --ciphers 'DEFAULT:@SECLEVEL=0' "$URL/health" 2>"$SCRATCH/tls"; then
        failed "tls: TLS 1.1 is taken"
    elif grep -qiE 'alert|protocol version|handshake|connection reset|unexpected eof|ssl_error_syscall' "$SCRATCH/tls"; then
        ok "tls: TLS 1.1 is refused"
    else
        skipped "tls: this curl cannot try TLS 1.1 ($(tail -n 1 "$SCRATCH/tls"))"
    fi
}

check_redirect() {
    local from=$REDIRECT_FROM host location
    if [[ $URL != https:* ]]; then
        skipped "redirect: the URL is plain http"
        return
    fi
    host=${URL#https://}
    host=${host%%/*}
    if [[ -z $from && $host == *:* ]]; then
        skipped "redirect: the URL names a port; say with --redirect-from what leads to it"
        return
    fi
    read -r STATUS location < <("${CURL[@]}" --output /dev/null --write-out '%{http_code} %{redirect_url}\n' \
        "${from:-http://$host/}" 2>/dev/null || true) || true
    if [[ $STATUS =~ ^30[178]$ && $location == https://* ]]; then
        ok "redirect: $STATUS to $location"
    else
        failed "redirect: ${from:-http://$host/} answers ${STATUS:-nothing} $location"
    fi
}

check_cors() {
    local allowed
    if [[ -z $ORIGIN ]]; then
        skipped "cors: needs --origin"
        return
    fi
    request /v1/carts --request OPTIONS --header "Origin: $ORIGIN" --header 'Access-Control-Request-Method: POST' \
        --header 'Access-Control-Request-Headers: content-type'
    allowed=$(header Access-Control-Allow-Origin)
    if [[ $STATUS =~ ^20[04]$ && ($allowed == "$ORIGIN" || $allowed == '*') && $(header Access-Control-Allow-Methods) == *POST* ]]; then
        ok "cors: $ORIGIN may call"
    else
        failed "cors: $ORIGIN may not call: status $STATUS, allowed is '$allowed'"
    fi
    request '/v1/products?limit=1' --header "Origin: $ORIGIN"
    if [[ $(header Access-Control-Allow-Origin) == "$ORIGIN" || $(header Access-Control-Allow-Origin) == '*' ]]; then
        ok "cors: $ORIGIN may read the answer"
    else
        failed "cors: $ORIGIN may not read the answer"
    fi
    request '/v1/products?limit=1' --header "Origin: https://$(random_word).example"
    case $(header Access-Control-Allow-Origin) in
        '') ok "cors: other origins may not read" ;;
        '*') if [[ $ORIGIN == '*' ]]; then ok "cors: every origin may read, as wanted"; else failed "cors: every origin may read"; fi ;;
        *) failed "cors: any origin is let in" ;;
    esac
}

check_request_id() {
    REQUEST_ID=checklist-$(random_word)
    request '/v1/products?limit=1' --header "X-Request-Id: $REQUEST_ID"
    if [[ $(header X-Request-Id) == "$REQUEST_ID" ]]; then
        ok "request id: taken over and answered"
    else
        failed "request id: sent $REQUEST_ID, answered '$(header X-Request-Id)'"
    fi
}

check_load() {
    local errors total p99
    # The part after # only makes curl number the requests; it is not sent.
    "${CURL[@]}" --parallel --parallel-max 8 --output /dev/null --write-out '%{http_code} %{time_total}\n' \
        "$URL/v1/products?limit=20#[1-$REQUESTS]" >"$SCRATCH/load" 2>/dev/null || true
    total=$(wc -l <"$SCRATCH/load")
    errors=$(grep -cv '^200 ' "$SCRATCH/load" || true)
    p99=$(sort -k2 -n "$SCRATCH/load" | awk '{ time[NR] = $2 } END { at = int(NR * 0.99 + 0.999999); print int(time[at < 1 ? 1 : at] * 1000 + 0.5) }')
    if ((total != REQUESTS || errors > 0)); then
        failed "load: $errors of $total answers were no 200 ($(cut -d' ' -f1 "$SCRATCH/load" | sort | uniq -c | awk '{ printf "%s%s×%s", (NR > 1 ? ", " : ""), $2, $1 }'))"
    elif ((p99 > P99)); then
        failed "load: p99 $p99 ms, wanted at most $P99 ms"
    else
        ok "load: $total requests, no error, p99 $p99 ms"
    fi
}
