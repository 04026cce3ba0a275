import Testing

@testable import OpenIDConnect

@Suite("URLs of issuers")
struct IssuerURLTests {
    @Test("https everywhere, http on this machine only")
    func schemes() {
        for url in [
            "https://login.example", "https://login.example/realms/shop", "https://[2001:db8::1]:8443/x",
            "http://127.0.0.1:9000/a",
            "http://127.1.2.3", "http://localhost/x", "http://[::1]:80/",
        ] { #expect(IssuerURL.issuerFault(url, allowsPlainHTTP: false) == nil, "\(url)") }
        for url in [
            "http://login.example", "http://10.0.0.1", "http://[::ffff:127.0.0.1]/", "http://localhost.evil.example",
            "http://127.0.0.1.evil.example", "http://0.0.0.0", "http://128.0.0.1", "ftp://login.example", "login.example", "",
            "https://", "https:///x", "https://a b", "https://user:password@login.example", "https://login.example/#x",
            "https://login.example/?x=1", "https://l\u{F6}gin.example", "https://login.example/\n", "file:///etc/passwd",
        ] { #expect(IssuerURL.issuerFault(url, allowsPlainHTTP: false) != nil, "\(url)") }
        #expect(IssuerURL.issuerFault("http://login.example", allowsPlainHTTP: true) == nil)
        #expect(IssuerURL.issuerFault("ftp://login.example", allowsPlainHTTP: true) != nil)
        // A key set may have a query.
        #expect(IssuerURL.fault("https://login.example/keys?p=1", allowsPlainHTTP: false) == nil)
    }

    @Test("the discovery document is below the issuer, with one slash between")
    func discovery() {
        for issuer in ["https://login.example/a", "https://login.example/a/"] {
            #expect(
                TrustedIssuer(issuer: issuer, audiences: []).discoveryURL
                    == "https://login.example/a/.well-known/openid-configuration")
        }
    }

    @Test("max-age is read from Cache-Control")
    func maximumAge() {
        for (header, seconds) in [
            ("max-age=60", 60), ("public, max-age=3600, must-revalidate", 3_600), ("Max-Age=5", 5), ("max-age=0", 0),
            ("no-store", nil), ("", nil), ("max-age=", nil), ("max-age=x", nil), ("s-maxage=9", nil),
            ("max-age=99999999999999999999", 999_999_999),
        ] as [(String, Int64?)] { #expect(KeyFetcher.maximumAge(header) == seconds.map { .seconds($0) }, "\(header)") }
    }
}
