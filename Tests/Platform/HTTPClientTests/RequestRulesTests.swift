import Testing

@testable import HTTPClient

@Suite struct RequestRulesTests {
    @Test("a header that would begin another one is refused, at every byte", arguments: Array(UInt8(0)...31) + [127])
    func controls(byte: UInt8) {
        let control = String(decoding: [byte], as: UTF8.self)
        #expect(RequestRules.fault(header: "X-Name\(control)", value: "a") != nil)
        #expect((RequestRules.fault(header: "X-Name", value: "a\(control)b") == nil) == (byte == 9))
    }

    @Test("names and methods are tokens", arguments: ["", "a b", "a:b", "ä", "a\u{0}", "a;", "a/b", "(a)"])
    func tokens(name: String) {
        #expect(RequestRules.fault(header: name, value: "a") != nil)
        #expect(RequestRules.fault(method: name) != nil)
    }

    @Test(
        "framing is not for callers",
        arguments: ["Content-Length", "transfer-encoding", "CONNECTION", "Expect", "TE", "Upgrade", "Trailer"])
    func framing(name: String) { #expect(RequestRules.fault(header: name, value: "1") != nil) }

    @Test("usual methods and headers pass") func usual() {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] {
            #expect(RequestRules.fault(method: method) == nil)
        }
        for method in ["CONNECT", "TRACE"] { #expect(RequestRules.fault(method: method) != nil) }
        #expect(RequestRules.fault(method: "HEAD", hasBody: true) != nil)
        #expect(RequestRules.fault(method: "GET", hasBody: true) == nil)
        #expect(RequestRules.fault(header: "webhook-signature", value: "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=") == nil)
        #expect(RequestRules.fault(header: "X-Name", value: "Grüße\tan alle") == nil)
        #expect(RequestRules.fault(header: "X-Name", value: "") == nil)
    }

    @Test(
        "URLs that cannot be used",
        arguments: [
            "", "example.com", "//example.com", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com", "https://",
            "https:///path", "https:/example.com", "https:example.com", "https:////example.com",
            "http://example.com:0/", "http://example.com:65536/", "http://example.com:x/",
            "http://exa mple.com/",
            "http://example.com/a b", "http://example.com/\r\nX: y", "http://example.com/\0", "http://[::1", "http://a@b@c:1:2/",
            "javascript:alert(1)", "http://" + String(repeating: "a", count: 9_000) + ".example/",
        ])
    func badURLs(url: String) {
        #expect(throws: HTTPClientError.self) { try RequestURL(url) }
    }

    @Test("the parts of a URL are those that libcurl uses") func parts() throws {
        let plain = try RequestURL("HTTPS://Example.com/path?a=b#c")
        #expect((plain.scheme, plain.port, plain.hasUserInfo) == ("https", 443, false))
        let full = try RequestURL("http://user:pass@[::1]:8080/")
        #expect((full.scheme, full.host, full.port, full.hasUserInfo) == ("http", "[::1]", 8080, true))
        #expect(try RequestURL("https://@example.com/").port == 443)
        // What looks like a URL without a host, in another place.
        #expect(try RequestURL("https://example.com/hook?next=app:///done").host == "example.com")
        #expect(try RequestURL("http://0x7f.1/").host == "127.0.0.1")
        #expect(try RequestURL("http://2130706433/").host == "127.0.0.1")
    }

    @Test("no description shows a header, a body or a URL") func masked() {
        let request = HTTPClientRequest(
            method: "POST", url: "https://user:sesame@example.com/sesame", headers: [("Authorization", "sesame")],
            body: Array("sesame".utf8), signing: AWSSigning(region: "r", service: "s", accessKey: "sesame", secretKey: "sesame"))
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request)", String(reflecting: request), dumped] {
            #expect(
                !text.contains("sesame") && !text.contains("\(UInt8(ascii: "s"))") && text.contains("POST example.com"), "\(text)"
            )
        }
    }

    @Test("an error does not repeat the URL") func secret() {
        for url in [
            "ftp://user:sesame@example.com/", "http://user:sesame@exa mple.com/", "http://user:sesame@example.com:99999/",
        ] {
            do {
                _ = try RequestURL(url)
                Issue.record("\(url) passed")
            } catch { #expect(!"\(error)".contains("sesame")) }
        }
    }
}
