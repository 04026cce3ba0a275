import CSystem
import Foundation
import TestSupport
import Testing

@testable import HTTPClient

@Suite(.serialized) struct HTTPClientTLSTests {
    @Test("only a server whose certificate is trusted, valid and its own gets a request") func certificates() async throws {
        let peer = try PeerProcess("http_peer")
        var settings = HTTPClientSettings(name: "test")
        settings.authorityFile = try peer.value("authority")
        let ports = try ["https", "expired", "wrong_host", "self_signed", "not_tls"].map { try peer.value($0) }
        try await withHTTPClient(settings) { client in
            let response = try await client.get("https://localhost:\(ports[0])/echo")
            #expect(response.status == 200)
            let again = try await client.get("https://localhost:\(ports[0])/echo")
            #expect(again.header("x-connection") == response.header("x-connection"))
            for port in ports.dropFirst() {
                let error = await client.failure("https://localhost:\(port)/echo")
                #expect(error?.kind == .tls, "\(error.map { "\($0)" } ?? "no error")")
            }
            let plain = await client.failure("http://localhost:\(ports[0])/echo")
            #expect(plain?.kind == .connection || plain?.kind == .protocolViolation)
        }
        // The system's authorities do not know this one.
        try await withHTTPClient { client in
            let error = await client.failure("https://localhost:\(ports[0])/echo")
            #expect(error?.kind == .tls)
        }
        settings.authorityFile = "/nowhere/authority.pem"
        try await withHTTPClient(settings) { client in
            let error = await client.failure("https://localhost:\(ports[0])/echo")
            #expect(error?.kind == .tls)
        }
    }

    @Test("a connection that has ended in TLS is opened again") func reopened() async throws {
        let peer = try PeerProcess("http_peer")
        var settings = HTTPClientSettings(name: "test")
        settings.authorityFile = try peer.value("authority")
        let port = try peer.value("https")
        try await withHTTPClient(settings) { client in
            for _ in 0..<4 {
                let response = try await client.get("https://localhost:\(port)/forgetful")
                #expect(response.text == "kept")
                try await client.loop.sleep(for: .milliseconds(120))
            }
        }
    }
}

@Suite(.serialized) struct AddressRefusalTests {
    @Test("however a URL spells an address that is not public, nothing connects to it") func spellings() async throws {
        // Where the port is free, a listener would notice.
        let listener = csystem_listen("127.0.0.1", 8443, 16)
        defer { if listener >= 0 { close(listener) } }
        try await withHTTPClient { client in
            for host in [
                "127.0.0.1", "127.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "0177.0.0.1", "0", "localhost",
                "LOCALHOST", "foo.localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]", "[::127.0.0.1]",
                "169.254.169.254", "2852039166", "[fd00:ec2::254]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]",
                "10.0.0.1", "192.168.0.1", "172.16.0.1", "100.64.0.1", "192.0.2.1", "224.0.0.1", "255.255.255.255",
            ] {
                let request = HTTPClientRequest(
                    method: "POST", url: "https://\(host):8443/", body: [1], connectTimeout: .seconds(5), addresses: .publicOnly)
                let error = await client.failure(request)
                #expect(error?.kind == .refusedAddress, "\(host): \(error.map { "\($0)" } ?? "no error")")
                #expect(error?.message.contains(host) == false)
            }
        }
        guard listener >= 0 else { return }
        var address = [CChar](repeating: 0, count: 64)
        var port: UInt16 = 0
        #expect(csystem_accept(listener, &address, 64, &port) == -1)
    }

    @Test(
        "http, other ports and logins are refused before anything is looked up",
        arguments: [
            "http://example.com/", "https://example.com:80/", "https://example.com:8444/", "https://user@example.com/",
            "https://user:sesame@example.com/", "https://example.com:22/", "ftp://example.com/",
        ])
    func urls(url: String) async throws {
        try await withHTTPClient { client in
            let error = await client.failure(HTTPClientRequest(url: url, addresses: .publicOnly))
            #expect(error?.kind == .invalidURL)
            #expect(error?.message.contains("sesame") == false)
        }
    }

    @Test("with any address allowed, a private one is reached by http") func anyAddress() async throws {
        let peer = try PeerProcess("http_peer")
        let http = try peer.http
        try await withHTTPClient { client in
            let response = try await client.send(HTTPClientRequest(url: http + "/echo", addresses: .any))
            #expect(response.status == 200)
        }
    }
}
