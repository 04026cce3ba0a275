import Foundation
import Glibc
import TestSupport
import Testing

@testable import TLS

/// A server's session over a socket and a client's session in memory, connected by a pair of sockets.
@Suite struct TLSSessionTests {
    /// Both ends of a connection, and the sockets between them.
    private final class Pair {
        let server: TLSSession
        let client: TLSSession
        private let sockets: (server: Int32, client: Int32)
        /// What the server's session has read.
        var received: [UInt8] = []
        var serverEnded = false
        var serverFailure: TLSError?

        init(_ context: TLSServerContext, _ client: TLSClientContext, name: String) throws {
            var ends: [Int32] = [0, 0]
            try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &ends) == 0)
            sockets = (ends[0], ends[1])
            server = try #require(TLSSession(context, on: ends[0]))
            self.client = try TLSSession(client, name: name)
        }

        deinit {
            close(sockets.server)
            close(sockets.client)
        }

        /// Moves bytes both ways once: the client's output, the server's reads, and what the server has sent.
        func exchange() throws {
            client.takeOutput { _ = send(sockets.client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            switch buffer.withUnsafeMutableBytes({ server.read(into: $0) }) {
            case .bytes(let count): received += buffer[..<count]
            case .blocked: break
            case .ended: serverEnded = true
            case .failed(let error): serverFailure = error
            }
            let count = recv(sockets.client, &buffer, buffer.count, 0)
            if count > 0 { try buffer.withUnsafeBytes { try client.feed(UnsafeRawBufferPointer(rebasing: $0[..<count])) } }
        }

        /// Exchanges bytes until the client's handshake is complete.
        func connect() throws {
            for _ in 0..<20 where try !client.handshake() { try exchange() }
            for _ in 0..<3 { try exchange() }
        }

        /// What the client's session has read.
        func read() -> [UInt8] {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 16 << 10)
            while case .bytes(let count) = buffer.withUnsafeMutableBytes({ client.read(into: $0) }) { bytes += buffer[..<count] }
            return bytes
        }
    }

    private func pair(name: String = "localhost", verifies: Bool = true, trusts: Bool = true) throws -> Pair {
        let files = try ScratchDirectory("tls")
        let made = try SelfSignedCertificate(in: files.path)
        let server = try TLSServerContext(TLSIdentitySource.files(certificates: made.certificate, key: made.key).read())
        return try Pair(
            server, TLSClientContext(verifies: verifies, authorityFile: trusts ? made.certificate : nil), name: name)
    }

    @Test func bytesGoBothWays() throws {
        let pair = try pair()
        try pair.connect()
        #expect(pair.server.isEstablished && pair.client.isEstablished)
        let request = Array("request".utf8), response = Array("response".utf8)
        #expect(try request.withUnsafeBytes { try pair.client.write($0) } == request.count)
        try pair.exchange()
        #expect(pair.received == request)
        #expect(try response.withUnsafeBytes { try pair.server.write($0) } == response.count)
        try pair.exchange()
        #expect(pair.read() == response)
    }

    @Test func nothingIsWrittenForNoBytes() throws {
        let pair = try pair()
        try pair.connect()
        #expect(try pair.server.write(UnsafeRawBufferPointer(start: nil, count: 0)) == 0)
        #expect(try pair.client.write(UnsafeRawBufferPointer(start: nil, count: 0)) == 0)
    }

    @Test func theServerSeesTheEndOfTheClient() throws {
        let pair = try pair()
        try pair.connect()
        pair.client.end()
        try pair.exchange()
        #expect(pair.serverEnded)
    }

    @Test(arguments: ["other.example", "127.0.0.2"])
    func aCertificateForAnotherNameIsRejected(name: String) throws {
        let error = #expect(throws: TLSError.self) { try pair(name: name).connect() }
        #expect(error?.description.contains("certificate") == true)
    }

    @Test func aCertificateOfAnUnknownAuthorityIsRejectedUnlessNothingIsVerified() throws {
        #expect(throws: TLSError.self) { try pair(trusts: false).connect() }
        let unverified = try pair(name: "other.example", verifies: false)
        try unverified.connect()
        #expect(unverified.client.isEstablished)
    }

    @Test func bytesThatAreNotTLSFail() throws {
        let pair = try pair()
        let garbage = Array("GET / HTTP/1.1\r\n\r\n".utf8)
        try garbage.withUnsafeBytes { try pair.client.feed($0) }
        #expect(throws: TLSError.self) { _ = try pair.client.handshake() }
    }

    @Test func authoritiesThatCannotBeReadAreNamed() {
        let error = #expect(throws: TLSError.self) { try TLSClientContext(authorityFile: "/no/such/file.pem") }
        #expect(error?.description.contains("/no/such/file.pem") == true)
    }
}
