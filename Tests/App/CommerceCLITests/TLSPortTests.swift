import Foundation
import Testing
import TestSupport

/// `TLS_PORT`: traffic that is encrypted up to the process.
@Suite("The encrypted port") struct TLSPortTests {
    private func write(_ made: SelfSignedCertificate, to directory: String) throws {
        for (from, name) in [(made.certificate, "certificate.pem"), (made.key, "key.pem")] {
            let place = URL(fileURLWithPath: directory + "/" + name)
            try Data(contentsOf: URL(fileURLWithPath: from)).write(to: place, options: .atomic)
        }
    }

    @Test("serves the shop, and takes a new certificate into use")
    func reload() async throws {
        let shop = try LifecycleShop()
        let files = try ScratchDirectory("tls")
        let next = try ScratchDirectory("tls")
        _ = try SelfSignedCertificate(in: files.path)
        let port = try FreePort.find()
        let service = try await shop.serve([
            "TLS_PORT": "\(port)", "TLS_CERTIFICATE_FILE": files.path + "/certificate.pem",
            "TLS_KEY_FILE": files.path + "/key.pem", "TLS_RELOAD_INTERVAL": "1s",
        ])
        try await onOwnThread {
            func fingerprint() throws -> [UInt8] {
                var wish = TLSTestSocket.Wish()
                wish.authority = files.path + "/certificate.pem"
                let socket = try TLSTestSocket(port: port, wish)
                try socket.send("GET /v1/products/lamp HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                let text = String(decoding: try socket.readToEnd(), as: UTF8.self)
                #expect(text.hasPrefix("HTTP/1.1 200"))
                #expect(text.contains("\r\nStrict-Transport-Security: "))
                return socket.fingerprint
            }
            let first = try fingerprint()
            // A key that does not belong to it changes nothing.
            let key = try Data(contentsOf: URL(fileURLWithPath: files.path + "/key.pem"))
            try Data("none".utf8).write(to: URL(fileURLWithPath: files.path + "/key.pem"))
            try service.waitForLog("the old one stays")
            #expect(try fingerprint() == first)
            try key.write(to: URL(fileURLWithPath: files.path + "/key.pem"))
            try write(SelfSignedCertificate(in: next.path), to: files.path)
            let isNew = Deadline(seconds: 30).poll(every: 100) { (try? fingerprint()) != first && (try? fingerprint()) != nil }
            #expect(isNew)
        }
        #expect(try await service.client().request("GET", "/v1/products/lamp").header("Strict-Transport-Security") == nil)
    }

    @Test("the keys of tickets change after TLS_TICKET_LIFETIME")
    func tickets() async throws {
        let shop = try LifecycleShop()
        let files = try ScratchDirectory("tls")
        _ = try SelfSignedCertificate(in: files.path)
        let port = try FreePort.find()
        let service = try await shop.serve([
            "TLS_PORT": "\(port)", "TLS_CERTIFICATE_FILE": files.path + "/certificate.pem",
            "TLS_KEY_FILE": files.path + "/key.pem", "TLS_TICKET_LIFETIME": "1s",
        ])
        try await onOwnThread {
            func connect(_ session: TLSTestSocket.Session?) throws -> TLSTestSocket {
                var wish = TLSTestSocket.Wish()
                wish.resumed = session
                let socket = try TLSTestSocket(port: port, wish)
                try socket.send("GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                #expect(String(decoding: try socket.readToEnd(), as: UTF8.self).hasPrefix("HTTP/1.1 200"))
                return socket
            }
            try service.waitForLog("the keys of TLS tickets were changed")
            let session = try connect(nil).session
            let isOver = Deadline(seconds: 30).poll(every: 100) { (try? connect(session).isResumed) == false }
            #expect(isOver)
        }
    }

    @Test(
        "unusable certificates and keys are reported before the start",
        arguments: [
            (["TLS_PORT": "8443"], "TLS_PORT is set without one certificate and one key"),
            (
                ["TLS_PORT": "8443", "TLS_CERTIFICATE_FILE": "/none", "TLS_KEY_FILE": "/none"],
                "TLS_CERTIFICATE_FILE cannot be used: /none: No such file"
            ),
            (["TLS_CERTIFICATE_FILE": "/none", "TLS_KEY_FILE": "/none"], "TLS_PORT is not set, though there is a certificate"),
            (
                ["TLS_PORT": "8443", "TLS_CERTIFICATE": "secret-a", "TLS_KEY": "secret-b"],
                "TLS_KEY cannot be used (its value is not shown)"
            ),
            (["TLS_PORT": "8080", "PORT": "8080"], "TLS_PORT is PORT, 8080"),
        ]) func faults(settings: [String: String], line: String) throws
    {
        let base = ["DATABASE_URL": "postgresql://shop:word@127.0.0.1/none"]
        let done = try ServiceProcess.run(["serve"], environment: base.merging(settings) { $1 })
        #expect(done.status == .exited(78))
        #expect((done.error + done.output).contains(line), "\(done.error)\(done.output)")
        #expect(!(done.error + done.output).contains("secret-"))
    }
}
