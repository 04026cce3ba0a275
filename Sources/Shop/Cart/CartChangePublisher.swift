import Formats
import FoundationEssentials
import RedisClient

/// A message that a cart has changed. It is only a reason to read the cart, so one that is lost, late or repeated does no
/// harm.
package struct CartChangedEvent: Sendable, Equatable {
    /// The channel of Redis that carries these messages.
    static let channel = "commerce:carts"

    package let id: UUID
    /// The new version, where it is known: those who have seen it need not read the cart.
    package let version: Int64?

    package init(_ id: UUID, version: Int64? = nil) {
        self.id = id
        self.version = version
    }

    /// Reads a payload: the id, and the version if there is one. Nil for anything else.
    package init?(payload: [UInt8]) {
        let parts = payload.split(separator: 0x20, maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let id = UUID(utf8: first) else { return nil }
        guard parts.count == 2 else {
            self.init(id)
            return
        }
        guard let version = Int64(String(decoding: parts[1], as: UTF8.self)), version > 0 else { return nil }
        self.init(id, version: version)
    }

    package var payload: [UInt8] { Array((version.map { "\(id.text) \($0)" } ?? id.text).utf8) }
}

/// Publishes that a cart has changed, once the change is committed: to the listeners of this process, and through Redis to
/// those of other processes. It neither waits nor fails: processes that a message does not reach look at their carts
/// regularly (``CartChangeSubscriber``). Confined to its loop.
package struct CartChangePublisher {
    private let redis: RedisClient?
    private let notifyProcess: (CartChangedEvent) -> Void

    /// - Parameter notifyProcess: notifies the listeners of this process
    package init(redis: RedisClient?, notifyProcess: @escaping (CartChangedEvent) -> Void) {
        self.redis = redis
        self.notifyProcess = notifyProcess
    }

    package func publish(_ event: CartChangedEvent) {
        notifyProcess(event)
        redis?.sendAndForget(["PUBLISH", .text(CartChangedEvent.channel), .bytes(event.payload)])
    }
}
