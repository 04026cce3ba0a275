import CSystem
import Dispatch
import EventLoop
import TLS

/// Prepares connections to a Redis server: looks the host up, reads the authorities, and makes the TLS session.
///
/// Confined to its loop. Name look-ups block, so they run on a thread of their own: one at a time, so that silent name
/// servers hold one thread and no more.
final class RedisConnector {
    /// A connection that has yet to be opened, and the reader of its replies.
    typealias Prepared = (transport: Transport, reader: ReplyReader)

    private let loop: EventLoop
    private let configuration: RedisConfiguration
    private let queue = DispatchQueue(label: "redis.resolver", qos: .userInitiated)
    /// Kept from connection to connection, as it costs reading files.
    private var context: TLSClientContext?
    private var isResolving = false
    /// What the running look-up is for.
    private var done: ((Result<(addresses: [String], session: TLSSession?), RedisError>) -> Void)?

    init(loop: EventLoop, configuration: RedisConfiguration) {
        self.loop = loop
        self.configuration = configuration
    }

    /// Prepares a connection and hands it to `done`, never during this call. An attempt replaces the one before it, whose
    /// look-up goes on and serves the new one.
    func prepare(for owner: any TransportOwner, _ done: @escaping (Result<Prepared, RedisError>) -> Void) {
        let (loop, configuration) = (loop, configuration)
        self.done = { [weak owner] result in
            guard let owner else { return }
            done(
                Result { () throws(RedisError) in
                    let (addresses, session) = try result.get()
                    let reader = try ReplyReader(maxReplyBytes: configuration.maxReplyBytes)
                    let transport = Transport(
                        loop: loop, owner: owner, addresses: addresses, port: configuration.port, tls: session)
                    return (transport, reader)
                })
        }
        guard !isResolving else { return }
        isResolving = true
        // Safe: handed back to the loop before it is touched.
        nonisolated(unsafe) let connector = self
        queue.async { [context] in
            let result = Result { () throws(RedisError) in try Self.resolve(configuration, context) }
            loop.execute { connector.resolved(result) }
        }
    }

    private func resolved(_ result: Result<(addresses: [String], context: TLSClientContext?), RedisError>) {
        isResolving = false
        let done = done
        self.done = nil
        done?(
            Result { () throws(RedisError) in
                let (addresses, context) = try result.get()
                self.context = context
                guard !addresses.isEmpty else {
                    throw RedisError(.connectFailed, "the host \(configuration.host) has no address")
                }
                guard let context, let options = configuration.tls else { return (addresses, nil) }
                return (addresses, try options.session(context, host: configuration.host))
            })
    }

    /// The numeric addresses of the host in the order to try them, never from a cache of this process. Blocks.
    private static func resolve(
        _ configuration: RedisConfiguration, _ context: TLSClientContext?
    ) throws(RedisError) -> (addresses: [String], context: TLSClientContext?) {
        var context = context
        if context == nil, let options = configuration.tls { context = try options.context() }
        var text = [CChar](repeating: 0, count: 4_096)
        let count = csystem_resolve(configuration.host, &text, text.count)
        guard count > 0 else { return ([], context) }
        let bytes = text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        return (String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init), context)
    }
}

extension RedisTLSOptions {
    /// What the connections share. Reads files.
    /// - Throws: `connectFailed` when the authorities cannot be read.
    fileprivate func context() throws(RedisError) -> TLSClientContext {
        do throws(TLSError) {
            return try TLSClientContext(verifies: verifies, authorityFile: authorityFile)
        } catch {
            throw RedisError(.connectFailed, error.description)
        }
    }

    /// The encryption of a connection to `host`.
    /// - Throws: `connectFailed` without memory, or for a name that no certificate can have.
    fileprivate func session(_ context: TLSClientContext, host: String) throws(RedisError) -> TLSSession {
        do throws(TLSError) {
            return try TLSSession(context, name: serverName ?? host)
        } catch {
            throw RedisError(.connectFailed, error.description)
        }
    }
}
