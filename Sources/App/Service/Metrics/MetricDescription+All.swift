import Web
import Prometheus

extension MetricDescription {
    /// All metrics that the service records, with their help texts. Metrics that are computed at each scrape describe themselves.
    static let all = [
        MetricDescription(
            "commerce_cache_requests_total", "Lookups in the catalogue's cache, by layer and result."),
        MetricDescription("commerce_cart_listeners", "Connections that listen to a cart."),
        MetricDescription(
            "commerce_challenges_total",
            "Requests that needed proof of a person, by outcome: passed, refused, missing, or unchecked where its service failed."
        ),
        MetricDescription(
            "commerce_event_deliveries_dead",
            "Deliveries of events that were given up, by kind of target; at most 10,000 for each."),
        MetricDescription(
            "commerce_event_deliveries_oldest_seconds", "Age of the oldest delivery that is pending, by kind of target."),
        MetricDescription(
            "commerce_event_deliveries_pending",
            "Deliveries of events that are pending, by kind of target; at most 10,000 for each."),
        MetricDescription(
            "commerce_event_deliveries_total",
            "Attempts to deliver an event, by kind of target and outcome: delivered, failed, or dead."),
        MetricDescription("commerce_event_delivery_duration_seconds", "Time that an attempt to deliver an event took."),
        MetricDescription("commerce_event_loop_lag_seconds", "Delay of an event loop's timers."),
        MetricDescription("commerce_http_client_connections", "Open connections to other services, by client."),
        MetricDescription("commerce_http_client_request_seconds", "Time that a request to another service took, by client."),
        MetricDescription("commerce_http_client_requests_total", "Requests to other services, by client and outcome."),
        MetricDescription("commerce_job_duration_seconds", "Time that a run of a job took."),
        MetricDescription(
            "commerce_job_last_success_timestamp_seconds", "Time of the last successful run of a job, in seconds since 1970."),
        MetricDescription("commerce_job_rows_total", "Rows that a job changed."),
        MetricDescription("commerce_job_runs_total", "Runs of a background job, by outcome: success, failure, or timeout."),
        MetricDescription(
            "commerce_order_transaction_orders_total", "Orders in transactions, by lane. A retry counts again."),
        MetricDescription(
            "commerce_order_transactions_total",
            "Transactions that placed orders, by lane: batched, isolated, or waiting_for_lock."),
        MetricDescription("commerce_orders_waiting", "Orders that wait for a transaction."),
        MetricDescription(
            "commerce_orders_overdue", "Unpaid orders that should have expired but cannot, because their stock is locked."),
        MetricDescription(
            "commerce_orders_total", "Attempts to place an order, by result: placed, replayed, or the reason for the rejection."),
        MetricDescription("commerce_outbox_events_total", "Events that the relay has read from the outbox."),
        MetricDescription(
            "commerce_outbox_gaps",
            "Positions below the last one read whose transactions may still commit. Many, for long, are the sign of a transaction that "
                + "stays open: old events cannot be deleted meanwhile."),
        MetricDescription(
            "commerce_outbox_lag_seconds", "Time from the commit of an event until the relay has read it, of the last one read."),
        MetricDescription(
            "commerce_password_hash_seconds", "Time from a request until its password was hashed, with the wait for a thread."),
        MetricDescription(
            "commerce_password_refused_total", "Passwords that were not hashed, since too many were waiting."),
        MetricDescription(
            "commerce_postgres_acquire_failures_total", "Failures to get a connection to PostgreSQL, by reason."),
        MetricDescription(
            "commerce_postgres_acquire_seconds", "Time that transactions waited for a connection to PostgreSQL."),
        MetricDescription(
            "commerce_postgres_connections",
            "Connections to PostgreSQL, by state: being opened, shared by reads, idle, or leased to transactions."),
        MetricDescription(
            "commerce_postgres_reads_total", "Reads of the catalogue that a replica may serve, by the server that did."),
        MetricDescription(
            "commerce_postgres_replica_fallbacks_total", "Reads that failed on the replica and were sent to the primary."),
        MetricDescription(
            "commerce_postgres_retries_total",
            "Reads and transactions that failed because of the server: retried, or not retried because the retry "
                + "budget was used up."
        ),
        MetricDescription("commerce_postgres_waiting", "Transactions that wait for a connection to PostgreSQL."),
        MetricDescription(
            "commerce_queue_waiting",
            "Work that waits in the queues before PostgreSQL, by queue: admission (requests), checkout (orders), lease (transactions "
                + "without a connection), pipeline (reads without a result)."
        ),
        MetricDescription("commerce_redis_breakers", "Event loops, by the state of their circuit breaker for Redis."),
        MetricDescription(
            "commerce_redis_breakers_open", "Event loops whose circuit breaker for Redis is open; 0 is healthy."),
        MetricDescription("commerce_redis_commands_total", "Commands to Redis, by result."),
        MetricDescription(
            "commerce_stock_held_ratio", "Share of the whole stock that orders reserve, from 0 to 1. It is counted once a minute."
        ),
        MetricDescription("commerce_stock_held_units", "Units that orders reserve. They are counted once a minute."),
        MetricDescription(
            "commerce_access_tokens_total",
            "Access tokens, by outcome: verified, cached (verified before) or refused."),
        MetricDescription(
            "commerce_oidc_key_fetches_total", "Fetches of the keys of OpenID Connect issuers, by issuer and outcome."),
        MetricDescription("commerce_oidc_keys", "Keys of an OpenID Connect issuer that can verify tokens."),
        MetricDescription("commerce_session_refreshes_total", "Refreshes of sessions, by outcome."),
        MetricDescription("commerce_sign_ins_total", "Sign-ins, by outcome."),
        MetricDescription("commerce_smtp_connections", "Open connections to the mail server."),
        MetricDescription(
            "commerce_worker_last_pass_timestamp_seconds",
            "Time of the last pass of a worker over its work, in seconds since 1970. It makes one every two seconds."),
        MetricDescription(
            "commerce_worker_reaped_total", "Workers that were silent for too long and whose work was taken over."),
        MetricDescription(
            "http_server_admission_limit", "Limit of concurrent requests, which follows measured latency."),
        MetricDescription(
            "http_server_admission_requests",
            "Requests that need more than memory, by state: being handled, or waiting."),
        MetricDescription(
            "http_server_buffer_evictions_total",
            "Clients that were rejected or closed because buffer memory was used up, by what they held: head, body, "
                + "input, replies."
        ),
        MetricDescription("http_server_connections_accepted_total", "Accepted connections."),
        MetricDescription(
            "http_server_connections_refused_total",
            "Connections that were rejected at once, by the limit that was reached."),
        MetricDescription(
            "http_server_connections_idle_closed_total", "Idle connections that were closed to make room for new ones."),
        MetricDescription("http_server_parse_errors_total", "Requests that could not be parsed, by error."),
        MetricDescription(
            "http_server_tls_certificate_expiry_timestamp_seconds", "Expiry time of the certificate, in seconds since 1970."),
        MetricDescription("http_server_tls_handshakes_total", "TLS handshakes, by result."),
        MetricDescription("http_server_problems_total", "Problem details in responses, by code."),
        MetricDescription(
            "http_server_rate_limited_total", "Requests that were rejected because their client exceeded a rate limit, by policy."
        ),
        MetricDescription(
            "http_server_request_duration_seconds",
            "Time from a request's last byte to its response, by method and route."),
        MetricDescription("http_server_requests_total", "Requests, by method, route and status class."),
        MetricDescription("http_server_response_bytes_total", "Bytes of sent responses, including their heads."),
        MetricDescription("http_server_sheds_total", "Requests that were rejected because of overload, by reason."),
        MetricDescription("http_server_timeouts_total", "Clients that were too slow, by what timed out."),
    ]
}
