import Accounts
import OpenIDConnect

/// The issuers of OpenID Connect whose access tokens are accepted, and how their keys are fetched.
package struct OpenIDSettings: Sendable {
    package let issuers: [ExternalIssuer]
    package let keys: IssuerKeySettings
    /// How far an issuer's clock may differ.
    package let leeway: Duration
    /// The most tokens whose verification is remembered.
    package let cacheEntries: Int

    /// - Parameter tokenIssuer: of the shop's own tokens
    init(_ reader: inout SettingsReader, tokenIssuer: String) {
        let text = reader.read(
            optional: "OIDC_ISSUERS", .json,
            "OpenID Connect issuers whose access tokens are accepted, as a JSON array of objects: see [OpenID Connect](docs/openid.md)"
        )
        let allowsPlainHTTP = reader.read(
            "OIDC_ALLOW_HTTP", .switched, default: false,
            "Issuers and their keys may have http URLs on other hosts; for development only")
        var keys = IssuerKeySettings()
        keys.lifetime = reader.read(
            "OIDC_KEYS_LIFETIME", .duration(.seconds(60) ... .seconds(86_400)), default: keys.lifetime,
            "How long an issuer's keys are used before they are fetched again; its `max-age` may shorten it")
        keys.interval = reader.read(
            "OIDC_KEYS_INTERVAL", .duration(.seconds(1) ... .seconds(3_600)), default: keys.interval,
            "Minimum time between two fetches of an issuer's keys, however many tokens name an unknown key")
        keys.timeout = reader.read(
            "OIDC_TIMEOUT", .duration(.milliseconds(100) ... .seconds(30)), default: keys.timeout,
            "How long an issuer may take to send its discovery document and its keys")
        keys.maximumBytes = reader.read(
            "OIDC_MAX_SIZE", .size(1_024...(4 << 20)), default: keys.maximumBytes,
            "Maximum size of an issuer's discovery document and of its keys")
        keys.maximumWaiting = reader.read(
            "OIDC_MAX_WAITING", .integer(1...10_000), default: keys.maximumWaiting,
            "Maximum requests that wait for an issuer's keys; further ones are refused")
        keys.userAgent = "commerce/" + Version.text
        leeway = reader.read(
            "OIDC_LEEWAY", .duration(.zero ... .seconds(120)), default: .seconds(60), "How far an issuer's clock may differ")
        cacheEntries = reader.read(
            "TOKEN_CACHE_ENTRIES", .integer(0...1_000_000), default: 10_000,
            "Maximum access tokens with a public key's signature whose verification is remembered until they expire")
        self.keys = keys
        var list = IssuerListReader(allowsPlainHTTP: allowsPlainHTTP, tokenIssuer: tokenIssuer)
        issuers = text.map { list.read($0) } ?? []
        for fault in list.faults { reader.reject("OIDC_ISSUERS", fault.problem, expected: fault.expected) }
    }
}

extension SettingFormat where Value == String {
    /// JSON, shown on one line.
    fileprivate static var json: SettingFormat {
        SettingFormat(
            expectation: "a JSON array", read: { $0 },
            write: { text in
                String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
            })
    }
}
