import PostgresClient

/// The privileges of the service's role on each table, if ``Bootstrap`` has created that role: only those that serving needs. A
/// stolen password cannot change the stock's ledger, the lines and history of an order, the schema's versions or the catalogue,
/// and cannot delete an order that was paid.
///
/// `commerce migrate up` grants them at its end, and `commerce bootstrap` if there is a schema already. A migration that creates
/// a table needs an entry here: without one the service cannot use the table, and a test fails. Privileges that the release
/// before needs stay until none of its tasks is left, so a privilege is revoked one release after its last use.
package enum ServicePrivileges {
    struct Table: Sendable {
        let name: String
        /// On the whole table.
        let privileges: [String]
        /// The columns that may be updated, if not all.
        let updates: [String]

        init(_ name: String, _ privileges: String..., updates: [String] = []) {
            self.name = name
            self.privileges = privileges
            self.updates = updates
        }
    }

    static let tables = [
        // Imports write these tables, as their owner.
        Table("category", "SELECT"), Table("product", "SELECT"), Table("variant", "SELECT"), Table("catalog_version", "SELECT"),
        Table("product_slug", "SELECT"), Table("category_slug", "SELECT"), Table("attribute", "SELECT"),
        Table("product_document", "SELECT"),
        // A job counts the words.
        Table("search_product", "SELECT"), Table("search_setting", "SELECT", updates: ["counted"]),
        Table("search_word", "SELECT", "INSERT", "UPDATE", "DELETE"), Table("search_term", "SELECT", "INSERT", "DELETE"),
        Table("search_synonym", "SELECT"), Table("search_redirect", "SELECT"),
        Table("product_sales", "SELECT", "INSERT", "UPDATE", "DELETE"),
        // Of counts that follow from the orders.
        Table("purchase_cursor", "SELECT", "UPDATE"), Table("counted_order", "SELECT", "INSERT", "UPDATE", "DELETE"),
        Table("purchase_count", "SELECT", "INSERT", "UPDATE", "DELETE"),
        Table("purchase_pair", "SELECT", "INSERT", "UPDATE", "DELETE"),
        Table("stock", "SELECT", updates: ["reserved", "event_sequence"]),
        // Movements are summed up only by stock_movement_sum_up(), which cannot change a sum.
        Table("stock_movement", "SELECT", "INSERT"), Table("stock_balance", "SELECT"),
        Table("cart", "SELECT", "INSERT", "UPDATE", "DELETE"), Table("cart_item", "SELECT", "INSERT", "UPDATE", "DELETE"),
        // FOR UPDATE needs the privilege to update a column.
        Table("cart_ticket", "SELECT", "INSERT", "DELETE", updates: ["expires_at"]),
        // The trigger orders_keep decides which orders may be erased or deleted.
        Table(
            "orders", "SELECT", "INSERT", "DELETE",
            updates: [
                "status", "payment_status", "updated_at", "email", "shipping_address", "access_token_hash", "erased_at",
                "event_sequence", "locale", "customer_id",
            ]),
        // Roles are given by people, with the owner's login. A person may delete the own account.
        Table(
            "account", "SELECT", "INSERT", "DELETE",
            updates: [
                "email", "email_key", "name", "password_hash", "locale", "epoch", "event_sequence", "updated_at",
            ]),
        Table("account_session", "SELECT", "INSERT", "DELETE", updates: ["used_at", "expires_at"]),
        Table("refresh_token", "SELECT", "INSERT", "DELETE", updates: ["used_at", "is_repeated"]),
        Table("session_end", "SELECT", "INSERT", "DELETE"),
        Table("account_address", "SELECT", "INSERT", "UPDATE", "DELETE"),
        Table("account_request", "SELECT", "INSERT", "DELETE", updates: ["is_old_proven", "is_new_proven"]),
        Table("account_token", "SELECT", "INSERT", "DELETE"),
        Table("sign_in_failure", "SELECT", "INSERT", "UPDATE", "DELETE"),
        Table("account_client", "SELECT", "INSERT", "DELETE", updates: ["seen_at"]),
        Table("external_identity", "SELECT", "INSERT", updates: ["ended_at", "session_id"]),
        Table("external_identity_end", "SELECT", "INSERT", "DELETE", updates: ["ended_at"]),
        // Deleted with their order, by the foreign key.
        Table("order_line", "SELECT", "INSERT"), Table("order_history", "SELECT", "INSERT"),
        Table("reservation", "SELECT", "INSERT", updates: ["state", "expires_at"]),
        Table("order_hold", "SELECT", "INSERT", "DELETE", updates: ["units"]),
        Table("idempotency", "SELECT", "INSERT", "UPDATE", "DELETE"),
        Table("order_token", "SELECT", "INSERT", "DELETE"),
        // The payload may be updated, in order to erase a person from it.
        Table("outbox", "SELECT", "INSERT", "DELETE", updates: ["payload"]),
        Table("relay", "SELECT", updates: ["position", "claimed_by"]),
        Table("event_target", "SELECT", "INSERT", "UPDATE", "DELETE"),
        Table("delivery", "SELECT", "INSERT", "UPDATE", "DELETE"),
        Table("worker", "SELECT", "INSERT", "UPDATE", "DELETE"),
        Table("job", "SELECT", "INSERT", "UPDATE", "DELETE"),
        Table("mailbox_message", "SELECT", "INSERT", "DELETE"),
        Table("schema_migration", "SELECT"),
    ]

    /// Grants exactly these privileges, as the tables' owner or a member of it. Does nothing if the group does not exist, as in a
    /// database with a single role.
    static func grant(_ connection: BlockingConnection) throws(PostgresError) {
        try connection.execute(statement)
    }

    private static let statement = """
        DO $$
        DECLARE
            wanted record;
            existing text;
        BEGIN
            IF to_regrole('\(Bootstrap.group)') IS NULL THEN RETURN; END IF;
            -- Earlier releases let the service read and write every new table.
            ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM \(Bootstrap.group);
            ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM \(Bootstrap.group);
            REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM \(Bootstrap.group);
            FOR wanted IN SELECT * FROM (VALUES
                \(tables.map(row).joined(separator: ",\n        "))) t (name, privileges, updates)
            LOOP
                CONTINUE WHEN to_regclass('public.' || wanted.name) IS NULL;
                EXECUTE format('REVOKE ALL ON TABLE public.%I FROM \(Bootstrap.group)', wanted.name);
                EXECUTE format('GRANT %s ON TABLE public.%I TO \(Bootstrap.group)', wanted.privileges, wanted.name);
                SELECT string_agg(quote_ident(attname), ', ') INTO existing FROM pg_attribute
                    WHERE attrelid = to_regclass('public.' || wanted.name) AND attname = ANY(wanted.updates) AND NOT attisdropped;
                IF existing IS NOT NULL THEN
                    EXECUTE format('GRANT UPDATE (%s) ON TABLE public.%I TO \(Bootstrap.group)', existing, wanted.name);
                END IF;
            END LOOP;
            IF to_regprocedure('public.stock_movement_sum_up(timestamptz, integer)') IS NOT NULL THEN
                GRANT EXECUTE ON FUNCTION public.stock_movement_sum_up(timestamptz, integer) TO \(Bootstrap.group);
            END IF;
        END $$
        """

    private static func row(_ table: Table) -> String {
        "('\(table.name)', '\(table.privileges.joined(separator: ", "))', "
            + "ARRAY[\(table.updates.map { "'\($0)'" }.joined(separator: ", "))]::text[])"
    }
}
