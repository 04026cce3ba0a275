import Web

/// How often one client may ask.
package struct RateLimitSettings: Sendable {
    package let reads: RatePolicy
    package let writes: RatePolicy
    /// How many clients are remembered, over all loops.
    package let clients: Int

    static func read(_ reader: inout SettingsReader) -> RateLimitSettings? {
        let isOn = reader.read(
            "RATE_LIMIT", .switched, default: true, "Limits on what one client (account, IPv4 address, IPv6 /64) asks, then 429")
        let reads = reader.read(
            "RATE_LIMIT_READS", .integer(1...10_000_000), default: 3_000, "GET and HEAD of one client in a minute")
        let writes = reader.read(
            "RATE_LIMIT_WRITES", .integer(1...10_000_000), default: 300, "Other requests of one client in a minute")
        let clients = reader.read(
            "RATE_LIMIT_CLIENTS", .integer(1_000...10_000_000), default: 50_000, "Clients whose limits are remembered at a time")
        guard isOn else { return nil }
        return RateLimitSettings(
            reads: RatePolicy("reads", quota: reads), writes: RatePolicy("writes", quota: writes), clients: clients)
    }
}
