extension AuditRule {
    /// The invariants of accounts. What they show of a violation are ids: no address, and no name.
    static let accounts = [
        AuditRule(
            rule: "an e-mail address and the key by which accounts compare it agree",
            query: """
                SELECT 'account' AS of, id FROM account WHERE email_key <> lower(email COLLATE "C") OR email IS NOT NFC NORMALIZED \
                UNION ALL SELECT 'request', id FROM account_request WHERE email_key <> lower(email COLLATE "C") \
                OR email IS NOT NFC NORMALIZED
                """),
        AuditRule(
            rule: "a session has a refresh token that was not used",
            query: """
                SELECT s.id, s.account_id FROM account_session s WHERE NOT EXISTS (SELECT FROM refresh_token t \
                WHERE t.session_id = s.id AND t.used_at IS NULL)
                """),
        AuditRule(
            rule: "a disabled account has no session",
            query: """
                SELECT a.id, a.disabled_at, count(*) FROM account a JOIN account_session s ON s.account_id = a.id \
                WHERE a.disabled_at IS NOT NULL GROUP BY a.id
                """),
        AuditRule(
            rule: "a customer's cart has its account",
            query: """
                SELECT c.id, c.account_id FROM (SELECT id, encode(substring(token_hash FROM 9), 'hex') AS account_id FROM cart \
                WHERE octet_length(token_hash) = 24) c WHERE NOT EXISTS (SELECT FROM account a \
                WHERE replace(a.id::text, '-', '') = c.account_id)
                """),
        AuditRule(
            rule: "a customer's order has its account",
            query: """
                SELECT o.id, o.customer_id FROM orders o LEFT JOIN account a ON a.id = o.customer_id \
                WHERE o.customer_id IS NOT NULL AND a.id IS NULL
                """),
        AuditRule(
            rule: "an order whose person was erased keeps of the person the country alone",
            query: """
                SELECT id, erased_at FROM orders WHERE erased_at IS NOT NULL \
                AND (email <> '' OR access_token_hash <> '' OR shipping_address - 'country' <> '{}')
                """),
        AuditRule(
            rule: "an event has no person who was erased",
            query: """
                SELECT e.position, e.type, e.aggregate_id FROM outbox e JOIN orders o ON o.id = e.aggregate_id \
                WHERE o.erased_at IS NOT NULL AND e.payload::json ->> 'email' <> '' \
                UNION ALL SELECT e.position, e.type, e.aggregate_id FROM outbox e LEFT JOIN account a ON a.id = e.aggregate_id \
                WHERE e.aggregate_type = 'customer' AND a.id IS NULL AND (e.payload::json ->> 'email' <> '' \
                OR e.payload::json ->> 'name' IS NOT NULL)
                """),
        AuditRule(
            rule: "an account counts its events",
            query: """
                SELECT e.position, a.id, a.event_sequence, e.sequence FROM outbox e JOIN account a ON a.id = e.aggregate_id \
                WHERE e.sequence > a.event_sequence
                """),
    ]
}
