import PostgresClient

/// What the service's login may do with each table, where ``Bootstrap`` has made it: no more than serving takes. A stolen
/// password can then neither rewrite the stock's ledger, an order's lines and history, and the schema's versions, nor
/// change the catalogue, nor remove an order that was paid.
///
/// `commerce migrate up` grants them at its end, and `commerce bootstrap` where there is a schema already. A migration that
/// makes a table needs an entry here: what has none, the service cannot use, and a test names it. What the release before does
/// with a table stays granted until no task of it is left, so a right is taken away one release after its last use.
package enum ServiceRights {
    struct Table: Sendable {
        let name: String
        /// On the whole table.
        let privileges: [String]
        /// The columns that may be updated, where not all.
        let updates: [String]

        init(_ name: String, _ privileges: String..., updates: [String] = []) {
            self.name = name
            self.privileges = privileges
            self.updates = updates
        }
    }

    static let tables = [
        // Imports write them, as the role that owns them.
        Table("category", "SELECT"), Table("product", "SELECT"), Table("variant", "SELECT"), Table("catalog_version", "SELECT"),
        Table("stock", "SELECT", updates: ["reserved"]),
        // Sums them up by stock_movement_sum_up() alone, which cannot change a sum.
        Table("stock_movement", "SELECT", "INSERT"), Table("stock_balance", "SELECT"),
        Table("cart", "SELECT", "INSERT", "UPDATE", "DELETE"), Table("cart_item", "SELECT", "INSERT", "UPDATE", "DELETE"),
        // Only to lock them: FOR UPDATE wants the right to update a column.
        Table("cart_ticket", "SELECT", "INSERT", "DELETE", updates: ["expires_at"]),
        // The trigger orders_keep says which of them may be blanked or removed.
        Table(
            "orders", "SELECT", "INSERT", "DELETE",
            updates: ["status", "payment_status", "updated_at", "email", "shipping_address", "access_token_hash", "erased_at"]),
        // Go with their order, by the foreign key.
        Table("order_line", "SELECT", "INSERT"), Table("order_history", "SELECT", "INSERT"),
        Table("reservation", "SELECT", "INSERT", updates: ["state", "expires_at"]),
        Table("order_hold", "SELECT", "INSERT", "DELETE", updates: ["units"]),
        Table("idempotency", "SELECT", "INSERT", "UPDATE", "DELETE"),
        Table("schema_migration", "SELECT"),
    ]

    /// Grants exactly these; does nothing where the group was never made, as where one login does all. By the tables' owner, or
    /// one who belongs to it.
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
            -- Until this release every new table was the service's to read and write.
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
