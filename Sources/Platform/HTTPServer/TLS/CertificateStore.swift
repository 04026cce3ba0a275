import Synchronization

/// The context that new connections get, which may be replaced while the server runs; those that have one keep theirs.
package final class CertificateStore: Sendable {
    private let context: Mutex<TLSContext>

    package init(_ context: TLSContext) { self.context = Mutex(context) }

    package var current: TLSContext { context.withLock { $0 } }

    package func replace(with new: TLSContext) { context.withLock { $0 = new } }
}
