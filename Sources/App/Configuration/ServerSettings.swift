import Formats
import Glibc
import Web

/// The address of the service, the proxies that it trusts, and its shutdown.
package struct ServerSettings: Sendable {
    /// A numeric address to listen on.
    package let host: String
    package let port: UInt16
    /// The descriptor of a listening socket that a supervisor has passed to this process (sd_listen_fds(3)); nil without one.
    package let inheritedListener: Int32?
    /// The number of event loops; nil: one for each usable CPU.
    package let loops: Int?
    /// The proxies whose header fields tell the client's address.
    package let proxies: TrustedProxies
    /// The origins of web pages that may call the API; `*` is all of them.
    package let corsOrigins: [String]
    /// The `max-age` of HSTS (RFC 6797); zero: the header field is not sent.
    package let strictTransport: Duration
    /// How long connections are accepted after SIGTERM, until the load balancer has noticed.
    package let drainDelay: Duration
    /// The longest time of a shutdown, the delay included.
    package let drainTimeout: Duration

    init(_ reader: inout SettingsReader) {
        host = reader.read(
            "HOST", .listenAddress, default: "0.0.0.0", "Address to listen on; :: means all IPv4 and IPv6 addresses")
        port = UInt16(clamping: reader.read("PORT", .integer(1...65_535), default: 8080, "Port to listen on"))
        let passedSockets = reader.read(
            optional: "LISTEN_FDS", .integer(0...1_024),
            "Set by systemd or another supervisor that passes a listening socket as descriptor 3, which replaces HOST "
                + "and PORT")
        let recipient = reader.read(
            optional: "LISTEN_PID", .integer(1...Int(pid_t.max)),
            "Set together with LISTEN_FDS: the id of the process that the socket is for"
        )
        // A socket for another process: the variables were inherited from a parent.
        inheritedListener = passedSockets ?? 0 > 0 && recipient == Int(getpid()) ? 3 : nil
        loops = reader.read(
            optional: "LOOPS", .integer(1...256), shownDefault: "the available CPUs",
            "Number of event loops; the default respects the container's CPU quota")
        proxies = Self.proxies(&reader)
        corsOrigins = reader.read(
            "CORS_ORIGINS", .list(.origin), default: [], "Origins of web pages that may call the API; * allows all")
        strictTransport = reader.read(
            "HSTS_MAX_AGE", .duration(.zero ... .seconds(10 * 365 * 86_400)), default: .seconds(365 * 86_400),
            "HSTS max-age for requests over HTTPS (also by `X-Forwarded-Proto` of a trusted proxy); 0 turns HSTS off")
        drainDelay = reader.read(
            "DRAIN_DELAY", .duration(.zero ... .seconds(300)), default: .seconds(5),
            "After SIGTERM: how long requests are still accepted while `/health` returns 503")
        drainTimeout = reader.read(
            "DRAIN_TIMEOUT", .duration(.seconds(1) ... .seconds(900)), default: .seconds(25),
            "After SIGTERM: maximum time for requests to finish; the rest are closed within another 5 s")
        if drainDelay > drainTimeout {
            reader.reject(
                "DRAIN_DELAY", "is longer than DRAIN_TIMEOUT, of which it is a part",
                expected: "at most \(drainTimeout.settingText)")
        }
    }

    private static func proxies(_ reader: inout SettingsReader) -> TrustedProxies {
        let list = reader.read(
            "TRUSTED_PROXIES", .list(.addressRange), default: [],
            "Proxies whose `X-Forwarded-For` is trusted, as addresses or ranges such as 10.0.0.0/16")
        let hops = reader.read(
            "TRUSTED_HOPS", .integer(0...16), default: 0,
            "Number of proxies that every request passes: the client's address is this many entries from the right of "
                + "`X-Forwarded-For`"
        )
        let secret = reader.readSecret(
            "ORIGIN_VERIFY_SECRET", format: .edgeSecret,
            "Secret that CloudFront sends in `X-Origin-Verify`. For requests with it, TRUSTED_HOPS gives the client's "
                + "address (if it is 0, `CloudFront-Viewer-Address` does); for other requests, TRUSTED_PROXIES does"
        )
        let other = reader.readSecret(
            "ORIGIN_VERIFY_SECRET_PREVIOUS", format: .edgeSecret,
            "Second value of ORIGIN_VERIFY_SECRET, accepted while the secret is rotated")
        if other != nil, secret == nil {
            reader.reject(
                "ORIGIN_VERIFY_SECRET_PREVIOUS", "is set without ORIGIN_VERIFY_SECRET", expected: "both, or neither")
        }
        if hops > 0, !list.isEmpty, reader.text("ORIGIN_VERIFY_SECRET") == nil, reader.text("ORIGIN_VERIFY_SECRET_FILE") == nil {
            reader.reject(
                "TRUSTED_HOPS", "is set beside TRUSTED_PROXIES, and nothing says for which requests each holds",
                expected: "one of the two, or ORIGIN_VERIFY_SECRET with them")
        }
        return TrustedProxies(
            blocks: list.compactMap { AddressBlock($0) }, hops: hops,
            edge: secret.map { EdgeSecret($0.secret, other?.secret) })
    }
}

extension SettingFormat where Value == String {
    /// A secret that is sent in a header field.
    fileprivate static var edgeSecret: SettingFormat {
        text("at least 16 characters of visible ASCII, without blanks") { text in
            text.utf8.count >= 16 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        }
    }
}
