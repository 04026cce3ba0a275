import Web
import Prometheus

extension MetricDescription {
    /// All that the service counts, with what it means. What is only found out when it is read describes itself.
    static let all = [
        MetricDescription(
            "commerce_cache_requests_total", "What was asked of the catalogue's cache, by layer and what came of it."),
        MetricDescription("commerce_cart_listeners", "Connections that listen to a cart."),
        MetricDescription("commerce_event_loop_lag_seconds", "How long after it was due a timer of an event loop ran."),
        MetricDescription(
            "commerce_order_transaction_orders_total", "Orders that transactions were for, by lane; retries count again."),
        MetricDescription(
            "commerce_order_transactions_total",
            "Transactions that placed orders, by lane: batched, isolated, or waiting_for_lock."),
        MetricDescription("commerce_orders_waiting", "Orders that wait for a transaction."),
        MetricDescription("commerce_orders_overdue", "Unpaid orders that are due and cannot expire, as their stock is locked."),
        MetricDescription(
            "commerce_orders_total", "Attempts to place an order, by what came of them: placed, replayed, or why not."),
        MetricDescription(
            "commerce_postgres_acquire_failures_total", "Connections to PostgreSQL that could not be had, by why."),
        MetricDescription(
            "commerce_postgres_acquire_seconds", "Time until a connection to PostgreSQL was had for a transaction."),
        MetricDescription(
            "commerce_postgres_connections",
            "Connections to PostgreSQL: being opened, shared by reads, idle, or leased to transactions."),
        MetricDescription("commerce_postgres_reads_total", "Reads of the catalogue that a replica may answer, by who did."),
        MetricDescription(
            "commerce_postgres_replica_fallbacks_total", "Reads that the replica failed and the primary was asked for."),
        MetricDescription(
            "commerce_postgres_retries_total",
            "Reads and transactions that failed for the server's trouble: sent again, or refused as the budget for that was spent."
        ),
        MetricDescription("commerce_postgres_waiting", "Transactions that wait for a connection to PostgreSQL."),
        MetricDescription(
            "commerce_queue_waiting",
            "Work that waits in the queues before PostgreSQL, by queue: admission (requests), checkout (orders), lease (transactions "
                + "without a connection), pipeline (reads without a result)."
        ),
        MetricDescription("commerce_redis_breakers", "Loops by the state of their circuit breaker before Redis."),
        MetricDescription(
            "commerce_redis_breakers_open", "Loops whose circuit breaker keeps commands from Redis; 0 when all is well."),
        MetricDescription("commerce_redis_commands_total", "Commands to Redis, by what came of them."),
        MetricDescription(
            "commerce_stock_held_ratio", "Part of all stock that orders hold, from 0 to 1; counted once a minute."),
        MetricDescription("commerce_stock_held_units", "Pieces that orders hold; counted once a minute."),
        MetricDescription("commerce_sweep_failures_total", "Sweeps that failed, by what they were for."),
        MetricDescription(
            "commerce_sweep_last_success_timestamp_seconds",
            "When a sweep last succeeded, by what it was for, in seconds since 1970."),
        MetricDescription("commerce_sweep_rows_total", "Rows that were swept, by what for."),
        MetricDescription(
            "http_server_admission_limit", "How many requests may be at work at a time, as found from their times."),
        MetricDescription(
            "http_server_admission_requests",
            "Requests that are at work, or wait to be taken on, of those that need more than memory."),
        MetricDescription(
            "http_server_buffer_evictions_total",
            "Clients that were refused or closed as there was no memory for what they held, by what that was: head, body, input, replies."
        ),
        MetricDescription("http_server_connections_accepted_total", "Connections that were accepted."),
        MetricDescription(
            "http_server_connections_refused_total",
            "Connections that were answered 503 at once, by what there were too many or too few of."),
        MetricDescription(
            "http_server_connections_idle_closed_total", "Idle connections that were closed to make room for others."),
        MetricDescription("http_server_parse_errors_total", "Requests that could not be read, by what was wrong."),
        MetricDescription(
            "http_server_tls_certificate_expiry_timestamp_seconds", "When the certificate ends, in seconds since 1970."),
        MetricDescription("http_server_tls_handshakes_total", "Encrypted connections, by whether sides agreed."),
        MetricDescription("http_server_problems_total", "Problem details that were the answer, by their code."),
        MetricDescription(
            "http_server_rate_limited_total", "Requests that were refused as their client had made too many, by policy."),
        MetricDescription(
            "http_server_request_duration_seconds",
            "Time from a request's last byte to its answer, by method and route's template."),
        MetricDescription("http_server_requests_total", "Requests answered, by method, route's template and class of status."),
        MetricDescription("http_server_response_bytes_total", "Bytes of answers that were sent, heads included."),
        MetricDescription("http_server_sheds_total", "Requests that were not taken on, by why."),
        MetricDescription("http_server_timeouts_total", "Clients that were too slow, by in what."),
    ]
}
