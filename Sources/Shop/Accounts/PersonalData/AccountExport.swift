import Cart
import EventLoop
import Formats
import FoundationEssentials
import HTTPServer
import Orders
import PostgresClient
import Web

/// All that the shop keeps about a customer, as one JSON document (GDPR, articles 15 and 20). Secrets and their hashes are not in it.
///
/// It is written a page at a time, as fast as the client reads: its memory does not grow with the number of orders.
package struct AccountExport {
    let pool: PostgresPool
    private let accounts: AccountStore
    private let addresses: AddressStore
    private let carts: CartStore
    private let orders: OrderStore

    package init(
        pool: PostgresPool, accounts: AccountStore, addresses: AddressStore, carts: CartStore, orders: OrderStore
    ) {
        self.pool = pool
        self.accounts = accounts
        self.addresses = addresses
        self.carts = carts
        self.orders = orders
    }

    /// How many orders, or carts, are read at a time.
    private static let page = 50
    /// How long one reading may take.
    private static let readTimeout = Duration.seconds(10)
    /// The most places of sign-ins and requests that are written: the newest.
    private static let most = 1_000

    /// What comes before the carts.
    /// - Returns: nil where there is no such account.
    package func head(of id: UUID) async throws -> [UInt8]? {
        guard let account = try await accounts.account(id) else { return nil }
        let addresses = try await addresses.addresses(of: id)
        let sessions = try await accounts.sessions.sessions(of: id)
        let places = try await pool.query(
            """
            SELECT seen_at FROM account_client WHERE account_id = \(id) ORDER BY seen_at DESC LIMIT \(literal: Self.most)
            """)
        let identities = try await pool.query(
            """
            SELECT issuer, subject, created_at FROM external_identity WHERE account_id = \(id) ORDER BY created_at LIMIT \(literal: Self.most)
            """)
        let key = account.email.map { EmailAddress.key(of: $0) }
        let requests = try await pool.query(
            """
            SELECT kind, email, name, order_number, created_at FROM account_request \
            WHERE email_key = \(key as String?) OR account_id = \(id) ORDER BY created_at DESC LIMIT \(literal: Self.most)
            """)
        var json = JSONWriter(capacity: 2_048)
        json.beginObject()
        json.field("exported_at", Timestamp.now)
        json.key("account")
        json.raw(account.json())
        json.key("addresses")
        json.beginArray()
        for address in addresses { address.write(to: &json) }
        json.endArray()
        json.key("external_identities")
        json.beginArray()
        for row in identities {
            let (issuer, subject, created) = try row.decode((String, String, Timestamp).self)
            json.beginObject()
            json.field("issuer", issuer)
            json.field("subject", subject)
            json.field("created_at", created)
            json.endObject()
        }
        json.endArray()
        json.key("sessions")
        json.beginArray()
        for session in sessions {
            json.beginObject()
            json.field("id", session.id)
            json.field("device", session.device)
            json.field("created_at", session.createdAt)
            json.field("used_at", session.usedAt)
            json.field("expires_at", session.expiresAt)
            json.endObject()
        }
        json.endArray()
        json.key("sign_in_places")
        json.beginArray()
        for row in places {
            json.beginObject()
            json.field("last_seen_at", try row[0, as: Timestamp.self])
            json.endObject()
        }
        json.endArray()
        json.key("requests")
        json.beginArray()
        for row in requests {
            let (kind, email, name, number, created) = try row.decode((String, String, String?, String?, Timestamp).self)
            json.beginObject()
            json.field("kind", kind)
            json.field("email", email)
            json.field("name", name)
            json.field("order_number", number)
            json.field("created_at", created)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        // The object goes on.
        return json.finish().dropLast()
    }

    /// Writes the carts, the orders and the end of the document.
    package func writeRest(of account: UUID, to output: OutboundStream) async throws {
        try await output.write(Array(#","carts":["#.utf8))
        var isFirst = true
        var last: UUID?
        repeat {
            let page = try await read { try await carts.carts(ofAccount: account, after: last, limit: Self.page) }
            last = page.count == Self.page ? page.last?.id : nil
            // A cart whose total is larger than an amount can be has no document.
            try await Self.write(page.compactMap { try? $0.json() }, isFirst: &isFirst, to: output)
        } while last != nil
        try await output.write(Array(#"],"orders":["#.utf8))
        isFirst = true
        var place: Cursor?
        repeat {
            let (page, hasMore) = try await read { try await orders.orders(of: account, limit: Self.page, after: place) }
            place = hasMore ? page.last?.place : nil
            try await Self.write(page.map { $0.json() }, isFirst: &isFirst, to: output)
        } while place != nil
        try await output.write(Array("]}".utf8))
    }

    private func read<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await Deadline.$current.withValue(.after(Self.readTimeout)) { try await body() }
    }

    private static func write(_ items: [[UInt8]], isFirst: inout Bool, to output: OutboundStream) async throws {
        var bytes: [UInt8] = []
        for item in items {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            bytes += item
        }
        if !bytes.isEmpty { try await output.write(bytes) }
    }
}
