/// Where the service listens, whom it trusts, and how it leaves.
package struct ServerSettings: Sendable {
    /// A numeric address to listen on.
    package let host: String
    package let port: UInt16
    /// How many event loops; nil: as many as CPUs may be used.
    package let loops: Int?
    /// Peers whose X-Forwarded-For is believed.
    package let trustedProxies: [String]
    /// Origins of browsers' pages that may call; `*` is every one.
    package let corsOrigins: [String]
    /// How long connections are still accepted after SIGTERM, until the load balancer has noticed.
    package let drainDelay: Duration
    /// How long all of the leaving may take, the delay included.
    package let drainTimeout: Duration

    init(_ reader: inout SettingsReader) {
        host = reader.read(
            "HOST", .listenAddress, default: "0.0.0.0", "Address to listen on; :: is every one of IPv4 and IPv6")
        port = UInt16(clamping: reader.read("PORT", .integer(1...65_535), default: 8080, "Port to listen on"))
        loops = reader.read(
            optional: "LOOPS", .integer(1...256), shownDefault: "the usable CPUs",
            "Event loops; the CPU quota of the container counts")
        trustedProxies = reader.read(
            "TRUSTED_PROXIES", .list(.addressRange), default: [],
            "Peers whose `X-Forwarded-For` is believed, as addresses or ranges like 10.0.0.0/16")
        corsOrigins = reader.read(
            "CORS_ORIGINS", .list(.origin), default: [], "Origins of web pages that may call the API; * for every one")
        drainDelay = reader.read(
            "DRAIN_DELAY", .duration(.zero ... .seconds(300)), default: .seconds(5),
            "After SIGTERM: how long to keep accepting while `/health` answers 503")
        drainTimeout = reader.read(
            "DRAIN_TIMEOUT", .duration(.seconds(1) ... .seconds(900)), default: .seconds(25),
            "After SIGTERM: the most the whole shutdown takes")
        if drainDelay > drainTimeout {
            reader.fault(
                "DRAIN_DELAY", "is longer than DRAIN_TIMEOUT, of which it is a part",
                expected: "at most \(drainTimeout.settingText)")
        }
    }
}
