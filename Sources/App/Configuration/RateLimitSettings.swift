import Orders
import Web

/// The rate limits of one client.
package struct RateLimitSettings: Sendable {
    package let reads: RatePolicy
    package let writes: RatePolicy
    /// The limits for placing orders: for a minute and for a day.
    package let orders: [RatePolicy]
    /// The limits for signing in and refreshing, and for what sends a mail to an address that the client names.
    package let signIns: RatePolicy
    package let accountMails: RatePolicy
    /// The limits on the stock that unpaid orders of a client may hold.
    package let holds: HoldLimits
    /// The number of clients whose requests are counted, over all loops.
    package let clients: Int

    /// Nil if rate limits are off.
    static func read(_ reader: inout SettingsReader) -> RateLimitSettings? {
        let isOn = reader.read(
            "RATE_LIMIT", .switched, default: true,
            "Limits the requests of one client (account, IPv4 address, IPv6 /64), then 429; off also removes the "
                + "limits on unpaid orders"
        )
        let reads = reader.read(
            "RATE_LIMIT_READS", .integer(1...10_000_000), default: 3_000,
            "Maximum GET and HEAD requests of one client in a minute; a search or a filter by brand, tag, option or attribute counts "
                + "as 5, a total or in_stock=false as 10")
        let writes = reader.read(
            "RATE_LIMIT_WRITES", .integer(1...10_000_000), default: 300, "Maximum other requests of one client in a minute")
        let orders = reader.read(
            "RATE_LIMIT_ORDERS", .integer(1...10_000_000), default: 10,
            "Maximum attempts of one client to place an order in a minute")
        let ordersOfDay = reader.read(
            "RATE_LIMIT_ORDERS_DAY", .integer(1...10_000_000), default: 60,
            "Maximum attempts of one client to place an order in a day")
        let signIns = reader.read(
            "RATE_LIMIT_SIGN_INS", .integer(1...10_000_000), default: 30, "Maximum sign-ins of one client in a minute")
        let accountMails = reader.read(
            "RATE_LIMIT_ACCOUNT_MAILS", .integer(1...10_000_000), default: 10,
            "Maximum requests of one client in a minute that register, or ask for a mailed link")
        let holds = HoldLimits(&reader)
        let clients = reader.read(
            "RATE_LIMIT_CLIENTS", .integer(1_000...10_000_000), default: 50_000,
            "Maximum clients whose requests are counted at a time")
        guard isOn else { return nil }
        return RateLimitSettings(
            reads: RatePolicy("reads", quota: reads), writes: RatePolicy("writes", quota: writes),
            orders: [RatePolicy("orders", quota: orders), RatePolicy("orders_daily", quota: ordersOfDay, window: 86_400)],
            signIns: RatePolicy("sign_ins", quota: signIns), accountMails: RatePolicy("account_mails", quota: accountMails),
            holds: holds, clients: clients)
    }
}

extension HoldLimits {
    /// The defaults, with the settings of the environment over them.
    init(_ reader: inout SettingsReader) {
        self.init()
        ordersPerClient = reader.read(
            "ORDER_OPEN_PER_CLIENT", .integer(1...1_000_000), default: ordersPerClient,
            "Maximum unpaid orders of one client")
        ordersPerEmail = reader.read(
            "ORDER_OPEN_PER_EMAIL", .integer(1...1_000_000), default: ordersPerEmail,
            "Maximum unpaid orders for one e-mail address")
        unitsPerClient = reader.read(
            "ORDER_HELD_PER_CLIENT", .integer(1...100_000_000), default: unitsPerClient,
            "Maximum units that the unpaid orders of one client can reserve")
        unitsPerEmail = reader.read(
            "ORDER_HELD_PER_EMAIL", .integer(1...100_000_000), default: unitsPerEmail,
            "Maximum units that the unpaid orders for one e-mail address can reserve")
        share = reader.read(
            "ORDER_HELD_SHARE", .integer(1...100), default: share,
            "Maximum share of a variant's stock that the unpaid orders of one client can reserve, in percent; 100 is no limit")
        pieces = reader.read(
            "ORDER_HELD_PIECES", .integer(1...999), default: pieces,
            "Units of a variant that one client can reserve even beyond that share")
    }
}
