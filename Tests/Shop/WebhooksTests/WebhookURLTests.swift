import Foundation
import HTTPClient
import TestSupport
import Testing

@testable import Webhooks

@Suite("Webhook URLs")
struct WebhookURLTests {
    private static func text(_ url: String, allowsPrivate: Bool = false) -> String? {
        try? WebhookURL(url, allowsPrivate: allowsPrivate).text
    }

    @Test(
        "public https URLs are accepted, in one spelling",
        arguments: [
            ("https://example.com/events", "https://example.com/events"), ("HTTPS://Example.COM", "https://example.com/"),
            ("https://example.com:443/a?b=c", "https://example.com/a?b=c"),
            ("https://example.com:8443", "https://example.com:8443/"),
            ("https://example.com?x=1", "https://example.com/?x=1"), ("https://example.com:/", "https://example.com/"),
            ("https://hooks.example.com./", "https://hooks.example.com./"), ("https://8.8.8.8/", "https://8.8.8.8/"),
            ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
            ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
            ("https://example.com/%2e%2e/a%20b", "https://example.com/%2e%2e/a%20b"),
        ])
    func accepted(url: String, expected: String) {
        #expect(Self.text(url) == expected)
    }

    @Test(
        "what is not public https is refused, however it is spelled",
        arguments: [
            "", "example.com", "http://example.com/", "ftp://example.com/", "javascript:alert(1)", "file:///etc/passwd",
            "https:/example.com", "https:///a", "https://", "https://:443/", "https://example.com:80/", "https://example.com:22/",
            "https://example.com:65536/", "https://example.com:-1/", "https://example.com:443443/", "https://example.com:4 43/",
            "https://user@example.com/", "https://user:secret@example.com/", "https://example.com@127.0.0.1/",
            "https://example.com/#a",
            "https://exa mple.com/", "https://example.com/a b", "https://example.com/\n", "https://example.com/\r\nX: y",
            "https://example.com/ä", "https://b\u{FC}cher.example/", "https://exam\u{2025}ple.com/",
            "https://example.com\\@127.0.0.1/",
            "https://-a.example/", "https://a..example/", "https://.example/", "https://exa%6dple.com/", "https://a,b.example/",
            // Loopback, private and metadata addresses.
            "https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://2130706433/", "https://0x7f000001/",
            "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://017700000001/", "https://127.0.0.1./", "https://0/",
            "https://0.0.0.0/",
            "https://1/", "https://127.0.0.0x1/", "https://00000000177.0.0.1/", "https://127.0.0.01/", "https://256.0.0.1/",
            "https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.1.1/", "https://100.64.0.1/", "https://169.254.169.254/",
            "https://169.254.170.2/v2/credentials", "https://2852039166/", "https://0xa9fea9fe/", "https://255.255.255.255/",
            "https://224.0.0.1/", "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/",
            "https://[0:0:0:0:0:ffff:a9fe:a9fe]/", "https://[64:ff9b::7f00:1]/", "https://[64:ff9b::a9fe:a9fe]/",
            "https://[::127.0.0.1]/",
            "https://[fe80::1]/", "https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[fc00::1]/",
            "https://[fd00:ec2::254]/",
            "https://[2002:7f00:1::]/", "https://[127.0.0.1]/", "https://[::1/", "https://::1/", "https://[]/",
            // Names that are not public.
            "https://localhost/", "https://LOCALHOST/", "https://localhost./", "https://a.localhost/", "https://metadata/",
            "https://metadata.google.internal/", "https://printer.local/", "https://redis:443/",
            "https://\u{FF11}27.0.0.1/", "https://\u{2460}\u{2461}7.0.0.1/", "https://localho\u{17F}t/",
        ])
    func refused(url: String) {
        #expect(Self.text(url) == nil)
    }

    @Test("a private network's URLs are accepted where they are allowed, numbers in odd spellings and passwords still are not")
    func allowed() {
        for url in [
            "http://127.0.0.1:9000/a", "http://localhost/", "https://redis:6380/", "http://[::1]:1/", "http://10.0.0.1/",
            "http://my_host/",
        ] {
            #expect(Self.text(url, allowsPrivate: true) == url)
        }
        for url in [
            "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://a:b@localhost/", "http://localhost/#a",
            "gopher://a/",
        ] {
            #expect(Self.text(url, allowsPrivate: true) == nil, "\(url)")
        }
    }

    @Test("a URL that is too long is refused, and no error repeats the URL")
    func long() {
        let longest = "https://example.com/" + String(repeating: "a", count: WebhookURL.longest - 20)
        #expect(Self.text(longest) == longest && Self.text(longest + "a") == nil)
        for url in [
            "http://hunter2.example/", "https://user:hunter2@example.com/", "https://example.com/#hunter2", "https://hunter2/",
        ] {
            #expect { try WebhookURL(url, allowsPrivate: false) } throws: { !"\($0)".contains("hunter2") && !"\($0)".isEmpty }
        }
    }

    @Test("a URL is shown without its query")
    func shown() throws {
        #expect(try WebhookURL("https://example.com/a?token=hunter2", allowsPrivate: false).shown == "https://example.com/a")
        #expect(WebhookURL.shown("https://example.com/a?b?c") == "https://example.com/a")
    }

    @Test("libcurl reads every accepted URL as it was checked: same scheme, host and port, no login")
    func agreement() throws {
        var generator = SeededGenerator(seed: 51)
        let pieces = [
            "https", "http", "://", ":", "//", "/", "\\", "@", "#", "?", "[", "]", ".", "%", "%2f", "%00", "127.0.0.1",
            "localhost",
            "example.com", "a-b.c", "8443", "443", "80", "0x7f", "::1", "::ffff:1.2.3.4", "user", "_", " ", "ä", "1", "&", "=",
            ";", ",",
        ]
        var accepted = 0
        for index in 0..<30_000 {
            var url = ["https://", "http://", ""].randomElement(using: &generator) ?? ""
            for _ in 0..<Int.random(in: 1...7, using: &generator) { url += pieces.randomElement(using: &generator) ?? "" }
            guard let checked = Self.text(url, allowsPrivate: index.isMultiple(of: 2)) else { continue }
            accepted += 1
            let read = try RequestURL(checked)
            let parts = try #require(URLComponents(string: checked))
            #expect(read.scheme == parts.scheme && !read.hasUserInfo, "\(checked)")
            #expect(read.host == parts.host, "\(checked)")
            #expect(read.port == parts.port ?? (read.scheme == "https" ? 443 : 80), "\(checked)")
            #expect(Self.text(checked, allowsPrivate: index.isMultiple(of: 2)) == checked)
        }
        #expect(accepted > 500)
    }
}
