import COpenSSL
import CSystem
import Foundation
import Synchronization

/// An encrypted connection to a server on loopback, by one thread at a time; its calls block.
package final class TLSTestSocket: Sendable {
    /// The options of a connection.
    package struct Wish: Sendable {
        /// The only version it speaks, as OpenSSL numbers it; nil: any.
        package var version: Int?
        /// What it offers to speak within (ALPN).
        package var protocols: [String] = []
        /// The authority's file that the server's certificate must hold against; nil: anything goes.
        package var authority: String?
        /// What an earlier connection agreed on, to be gone on with (RFC 8446 §2.2).
        package var resumed: Session?
        package init() {}
        package static let version11 = Int(TLS1_1_VERSION)
        package static let version12 = Int(TLS1_2_VERSION)
    }

    /// What a connection agreed on, with the server's ticket for it.
    // Unchecked: counted by OpenSSL, and not changed.
    package final class Session: @unchecked Sendable {
        fileprivate let pointer: OpaquePointer
        fileprivate init(_ pointer: OpaquePointer) { self.pointer = pointer }
        deinit { SSL_SESSION_free(pointer) }
    }

    private struct State: @unchecked Sendable {
        let context: OpaquePointer
        let session: OpaquePointer
        let descriptor: Int32
    }

    private let state: State

    /// Connects and shakes hands. Throws ``TestFailure`` where one of both fails.
    package init(port: UInt16, _ wish: Wish = Wish()) throws {
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw TestFailure("no TLS context") }
        if let version = wish.version {
            // Old versions are only to be had below OpenSSL's own level of security.
            SSL_CTX_set_cipher_list(context, "DEFAULT:@SECLEVEL=0")
            SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, version, nil)
            SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, version, nil)
        }
        if let authority = wish.authority {
            SSL_CTX_load_verify_locations(context, authority, nil)
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        }
        if !wish.protocols.isEmpty {
            let names = wish.protocols.flatMap { [UInt8(clamping: $0.utf8.count)] + Array($0.utf8) }
            SSL_CTX_set_alpn_protos(context, names, UInt32(names.count))
        }
        let descriptor = csystem_connect("127.0.0.1", port)
        guard descriptor >= 0, let session = SSL_new(context) else { throw TestFailure.system("connect", errno) }
        var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&watched, 1, 10_000)
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        SSL_set_fd(session, descriptor)
        if let resumed = wish.resumed { SSL_set_session(session, resumed.pointer) }
        state = State(context: context, session: session, descriptor: descriptor)
        // deinit runs from here on, where this throws too.
        guard SSL_connect(session) == 1 else { throw TestFailure("no handshake: \(Self.reason())") }
    }

    deinit {
        SSL_free(state.session)
        SSL_CTX_free(state.context)
        close(state.descriptor)
    }

    private static func reason() -> String {
        let number = ERR_get_error()
        ERR_clear_error()
        return ERR_reason_error_string(number).map { String(cString: $0) } ?? "the connection ended"
    }

    /// What was agreed on to speak within.
    package var chosenProtocol: String {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(state.session, &name, &count)
        return String(decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
    }

    /// To be gone on with by another connection; once something was received.
    package var session: Session? { SSL_get1_session(state.session).map { Session($0) } }

    /// Whether this one goes on with an earlier session.
    package var isResumed: Bool { SSL_session_reused(state.session) == 1 }

    /// What tells the server's certificate from every other; empty where it has none.
    package var fingerprint: [UInt8] {
        guard let certificate = SSL_get1_peer_certificate(state.session) else { return [] }
        defer { X509_free(certificate) }
        var digest = [UInt8](repeating: 0, count: 32)
        return X509_digest(certificate, EVP_sha256(), &digest, nil) == 1 ? digest : []
    }

    package func send(_ bytes: [UInt8]) throws {
        guard !bytes.isEmpty else { return }
        ERR_clear_error()
        guard SSL_write(state.session, bytes, Int32(clamping: bytes.count)) == bytes.count else {
            throw TestFailure("not sent: \(Self.reason())")
        }
    }

    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// The next bytes; nil where the server says that no more will come. Throws where it just leaves.
    package func receive() throws -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        ERR_clear_error()
        let count = SSL_read(state.session, &buffer, Int32(buffer.count))
        if count > 0 { return Array(buffer[..<Int(count)]) }
        if SSL_get_error(state.session, count) == SSL_ERROR_ZERO_RETURN { return nil }
        throw TestFailure("not received: \(Self.reason())")
    }

    /// All until the server says that no more will come.
    package func readToEnd() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let more = try receive() { bytes += more }
        return bytes
    }

    /// At least as many bytes.
    package func read(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let more = try receive() else { throw TestFailure("ended after \(bytes.count) of \(count) bytes") }
            bytes += more
        }
        return bytes
    }
}
