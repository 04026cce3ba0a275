import Formats
import FoundationEssentials
import Orders
import PostgresClient
import Web

/// The addresses of accounts in PostgreSQL. Every write locks the account's row first.
package struct AddressStore {
    let pool: PostgresPool
    let maximum: Int

    package init(pool: PostgresPool, maximum: Int) {
        self.pool = pool
        self.maximum = maximum
    }

    /// An address of an account.
    package struct Entry: Sendable {
        let id: UUID
        /// A JSON object.
        let address: [UInt8]
        let isDefaultShipping: Bool
        let isDefaultBilling: Bool

        /// The members of the address, after those of the entry.
        func write(to json: inout JSONWriter) {
            json.beginObject()
            json.field("id", id)
            json.field("default_shipping", isDefaultShipping)
            json.field("default_billing", isDefaultBilling)
            if let members = try? JSONValue.parse(address).objectValue?.members {
                for member in members {
                    json.key(dynamic: member.name)
                    json.value(member.value)
                }
            }
            json.endObject()
        }
    }

    /// What a client writes.
    package struct Draft: Sendable {
        let address: Address
        /// Nil to leave it as it is.
        let isDefaultShipping: Bool?
        let isDefaultBilling: Bool?

        init(_ json: JSONReader) {
            address = Address(json)
            isDefaultShipping = json.optional("default_shipping")?.boolean()
            isDefaultBilling = json.optional("default_billing")?.boolean()
        }
    }

    /// All addresses, the oldest first.
    package func addresses(of account: UUID) async throws -> [Entry] {
        let rows = try await pool.query(
            """
            SELECT id, address, is_default_shipping, is_default_billing FROM account_address WHERE account_id = \(account) \
            ORDER BY created_at, id
            """)
        return try rows.map { row in try Self.entry(row) }
    }

    /// Adds an address. The first one becomes the default for everything.
    /// - Throws: `Problem` (409) where the account has as many as it can have.
    package func add(_ draft: Draft, to account: UUID) async throws -> Entry {
        try await pool.transaction { transaction in
            let rows = try await transaction.batch([
                "SELECT FROM account WHERE id = \(account) FOR UPDATE",
                "SELECT count(*) FROM account_address WHERE account_id = \(account)",
            ])
            guard rows[0].first != nil else { throw Problem.unauthorized() }
            let count = Int(clamping: try rows[1].first.map { try $0[0, as: Int64.self] } ?? 0)
            guard count < maximum else { throw Problem(.tooManyAddresses, "An account can have at most \(maximum) addresses.") }
            let id = UUID.v7(at: .now)
            let isShipping = draft.isDefaultShipping ?? (count == 0)
            let isBilling = draft.isDefaultBilling ?? (count == 0)
            let json = draft.address.json()
            _ = try await transaction.commit(
                with: Self.clearing(isShipping, isBilling, of: account) + [
                    """
                    INSERT INTO account_address (id, account_id, address, is_default_shipping, is_default_billing) \
                    VALUES (\(id), \(account), \(PostgresJSON(json)), \(isShipping), \(isBilling))
                    """
                ])
            return Entry(id: id, address: json, isDefaultShipping: isShipping, isDefaultBilling: isBilling)
        }
    }

    /// Replaces an address.
    /// - Returns: nil where the account has no such address.
    package func replace(_ id: UUID, with draft: Draft, of account: UUID) async throws -> Entry? {
        try await pool.transaction { transaction in
            let rows = try await transaction.batch([
                "SELECT FROM account WHERE id = \(account) FOR UPDATE",
                """
                SELECT id, address, is_default_shipping, is_default_billing FROM account_address \
                WHERE id = \(id) AND account_id = \(account)
                """,
            ])
            guard let row = rows[1].first else { return nil }
            let present = try Self.entry(row)
            let isShipping = draft.isDefaultShipping ?? present.isDefaultShipping
            let isBilling = draft.isDefaultBilling ?? present.isDefaultBilling
            let json = draft.address.json()
            _ = try await transaction.commit(
                with: Self.clearing(isShipping, isBilling, of: account) + [
                    """
                    UPDATE account_address SET address = \(PostgresJSON(json)), is_default_shipping = \(isShipping), \
                    is_default_billing = \(isBilling), updated_at = now() WHERE id = \(id) AND account_id = \(account)
                    """
                ])
            return Entry(id: id, address: json, isDefaultShipping: isShipping, isDefaultBilling: isBilling)
        }
    }

    /// Deletes an address.
    /// - Returns: false where the account has no such address.
    package func remove(_ id: UUID, of account: UUID) async throws -> Bool {
        let rows = try await pool.batch(["DELETE FROM account_address WHERE id = \(id) AND account_id = \(account)"])
        return (rows.first?.affectedRows ?? 0) > 0
    }

    /// No address is the default any more for what another one is about to be.
    private static func clearing(_ isShipping: Bool, _ isBilling: Bool, of account: UUID) -> [PostgresQuery] {
        var statements: [PostgresQuery] = []
        if isShipping {
            statements.append(
                """
                UPDATE account_address SET is_default_shipping = false WHERE account_id = \(account) AND is_default_shipping
                """)
        }
        if isBilling {
            statements.append(
                "UPDATE account_address SET is_default_billing = false WHERE account_id = \(account) AND is_default_billing")
        }
        return statements
    }

    private static func entry(_ row: PostgresRow) throws -> Entry {
        let (id, address, isShipping, isBilling) = try row.decode((UUID, PostgresJSON, Bool, Bool).self)
        return Entry(id: id, address: address.compact, isDefaultShipping: isShipping, isDefaultBilling: isBilling)
    }
}
