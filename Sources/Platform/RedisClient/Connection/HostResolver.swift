import CSystem
import Dispatch

/// Looks host names up, off the loop: getaddrinfo(3) blocks for as long as the name servers are silent.
///
/// One look-up at a time, so that silent name servers hold one thread and no more.
struct HostResolver: Sendable {
    private let queue = DispatchQueue(label: "redis.resolver", qos: .userInitiated)

    /// Numeric addresses in the order to try them, never from a cache of this process; empty when there is none.
    /// - Parameter prepare: other work that blocks, done first.
    func resolve<Prepared>(
        _ host: String, prepare: @escaping @Sendable () -> Prepared,
        _ done: @escaping @Sendable (Prepared, [String]) -> Void
    ) {
        queue.async {
            let prepared = prepare()
            var text = [CChar](repeating: 0, count: 4_096)
            let count = csystem_resolve(host, &text, text.count)
            guard count > 0 else { return done(prepared, []) }
            let bytes = text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
            done(prepared, String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init))
        }
    }
}
