import Testing

@testable import SMTPClient

@Suite struct SMTPServerTests {
    @Test("URLs of mail servers") func urls() throws {
        #expect(
            try SMTPServer(url: "smtp://mail.example.com") == SMTPServer(host: "mail.example.com", port: 587, security: .startTLS)
        )
        #expect(
            try SMTPServer(url: "smtps://mail.example.com/") == SMTPServer(host: "mail.example.com", port: 465, security: .tls))
        #expect(
            try SMTPServer(url: "smtp://127.0.0.1:1025?tls=off") == SMTPServer(host: "127.0.0.1", port: 1025, security: .none))
        #expect(try SMTPServer(url: "smtp://localhost?tls=off") == SMTPServer(host: "localhost", port: 25, security: .none))
        #expect(try SMTPServer(url: "SMTP://[::1]:2525?tls=required") == SMTPServer(host: "::1", port: 2525, security: .startTLS))
        #expect(
            try SMTPServer(url: "smtps://shop%40example.com:s%C3%A9same%3A%40%2F%3F%23%25@mail.example.com:465")
                == SMTPServer(
                    host: "mail.example.com", port: 465, security: .tls, user: "shop@example.com", password: "sésame:@/?#%"))
        #expect(try SMTPServer(url: "smtp://a:b:c@h").password == "b:c")
        #expect(try SMTPServer(url: "smtp://a@b:c@h").user == "a@b")
    }

    @Test(
        "a URL that is wrong gives one line without the password",
        arguments: [
            "", "sesame", "mail.example.com:587", "http://user:sesame@h", "smtp://", "smtp://user:sesame@", "smtp://user@h",
            "smtp://:sesame@h", "smtp://user:@h", "smtp://user:sesame@h:0", "smtp://user:sesame@h:65536",
            "smtp://user:sesame@h:x",
            "smtp://user:sesame@h:", "smtp://user:sesame@[::1", "smtp://user:sesame@[::1]x", "smtp://user:sesame@[zz]",
            "smtp://user:sesame@h/path",
            "smtp://user:sesame@h?tls=no", "smtp://user:sesame@h?tls=off", "smtps://user:sesame@h?tls=off",
            "smtp://user:sesame@h#x",
            "smtp://user:sesame%@h", "smtp://user:sesame%0d%0a@h", "smtp://user:sesame@h h", "smtp://user:sesame@h\r\nQUIT",
            "smtp://user:sesame@h;x", "smtp://user:sesame%ff@h", "smtp://user:ses/ame@h", "smtp://user:ses?ame@h",
            "smtp://user:sesame@a b",
        ])
    func wrong(url: String) {
        do {
            let server = try SMTPServer(url: url)
            Issue.record("\(server) passed")
        } catch {
            let text = "\(error)"
            #expect(!text.contains("sesame") && !text.contains("ses/ame") && !text.contains("ses?ame"))
            #expect(!text.isEmpty && !text.contains("\n") && !text.contains("\r"))
        }
    }

    @Test("no description shows the password") func masked() throws {
        let server = try SMTPServer(url: "smtp://user:sesame@mail.example.com")
        var dumped = ""
        dump(server, to: &dumped)
        for text in ["\(server)", String(reflecting: server), dumped] { #expect(!text.contains("sesame")) }
        #expect("\(server)" == "smtp://user:***@mail.example.com:587")
    }
}
