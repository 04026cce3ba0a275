import CSystem
import EventLoop
import Glibc
import HTTPTypes
import Logging
import Synchronization
import TLS

/// Accepts connections on one loop, and gives each to the loop with the fewest.
///
/// There is one listener for all loops: a load balancer keeps few and long connections, and the kernel distributes those badly over
/// several listeners.
// Unchecked: confined to its loop, and entry points assert it.
final class Listener: DescriptorHandler, @unchecked Sendable {
    /// How many connections one wake-up accepts. The loop's own connections get their turn in between.
    private static let batch = 64
    /// How long to wait when the process or the kernel has no room for a connection.
    private static let pause = Duration.milliseconds(100)

    private let descriptor: Int32
    private let groups: [ConnectionGroup]
    private let metrics: ServerMetrics
    private let logger: Logger
    private let maximum: Int
    /// Nil where the connections are not encrypted.
    private let tls: CertificateStore?
    /// The handshakes that may begin.
    private var handshakes: TokenBucket
    /// The handshakes that one client may begin, where its connections are limited. Further ones are refused: if they waited with
    /// the rest, one address that only connects could keep all others out.
    private var handshakesOfClients: ClientBuckets
    private var registration: Registration?
    /// A spare descriptor. When no other is left, it is closed to accept one connection and refuse it.
    private var reserve: Int32
    private var isClosed = false
    private var refused = 0
    /// How many loops have yet to close idle connections.
    private let trims = Atomic<Int>(0)
    /// The number of connections from which on idle ones are closed, and how many at a time.
    private var trimThreshold: Int { maximum - maximum / 16 }
    private var trimCount: Int { max(1, maximum / 64) }

    private var home: ConnectionGroup { groups[0] }

    /// - Parameter groups: at least one; the listener lives on the first one's loop.
    init(
        descriptor: Int32, groups: [ConnectionGroup], maximum: Int, tls: TLSListener? = nil, metrics: ServerMetrics,
        logger: Logger
    ) {
        self.tls = tls?.certificates
        let rate = tls?.handshakeRate ?? 0
        handshakes = TokenBucket(rate: rate, burst: rate.multipliedReportingOverflow(by: 2).partialValue)
        let share = rate > 0 ? max(1, rate / TLSListener.clientShares) : 0
        handshakesOfClients = ClientBuckets(rate: share, burst: max(8, share.multipliedReportingOverflow(by: 2).partialValue))
        self.descriptor = descriptor
        self.groups = groups
        self.maximum = maximum
        self.metrics = metrics
        self.logger = logger
        reserve = Self.openReserve()
    }

    private static func openReserve() -> Int32 { open("/dev/null", O_RDONLY | O_CLOEXEC) }

    /// Starts accepting. On its loop.
    func begin() {
        guard !isClosed else { return }
        do {
            registration = try home.loop.register(descriptor, for: .read, handler: self)
        } catch {
            logger.critical("cannot watch the listening socket", metadata: ["error": "\(error)"])
        }
    }

    func descriptorReady(_ readiness: Readiness) {
        for _ in 0..<Self.batch {
            // Further connections wait in the kernel. They may be legitimate, so they are not refused.
            guard handshakes.isReady(at: home.loop.now) else { return pauseAccepting() }
            guard acceptOne() else { return }
        }
    }

    /// Accepts the connections that the kernel has established, then closes. Closing the socket first would reset them. On its
    /// loop.
    func close() {
        home.loop.assertInLoop()
        guard !isClosed else { return }
        // No more than the kernel's queue holds: a flood of new clients would never end.
        var left = max(1, Int(home.configuration.backlog))
        while left > 0, acceptOne() { left -= 1 }
        isClosed = true
        if let registration { home.loop.deregister(registration) }
        Glibc.close(descriptor)
        if reserve >= 0 { Glibc.close(reserve) }
        reserve = -1
    }

    /// Accepts a connection; whether there may be more.
    private func acceptOne() -> Bool {
        var address = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        var port: UInt16 = 0
        let accepted = csystem_accept(descriptor, &address, address.count, &port)
        guard accepted >= 0 else { return recover(errno) }
        let peer = String(decoding: address.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        assign(accepted, peer: peer)
        return true
    }

    private func assign(_ accepted: Int32, peer: String) {
        var total = 0
        var fewest = home
        var count = Int.max
        for group in groups {
            let open = group.openConnections.load(ordering: .relaxed)
            total += open
            if open < count { (fewest, count) = (group, open) }
        }
        guard total < maximum || home.evictSilent() else {
            return refuse(accepted, peer: peer, .connections, "There are too many connections.")
        }
        let client = home.configuration.client(peer)
        let most = home.configuration.maximumConnectionsPerClient
        if tls != nil, most != nil, let client, !handshakesOfClients.take(of: client, at: home.loop.now) {
            return refuse(accepted, peer: peer, .client, "There are too many TLS handshakes from this address.")
        }
        if let client, !home.clients.add(client, limit: most) {
            return refuse(accepted, peer: peer, .client, "There are too many connections from this address.")
        }
        if total >= trimThreshold { closeIdle() }
        metrics.accepted.increment()
        _ = handshakes.take(at: home.loop.now)
        fewest.openConnections.add(1, ordering: .relaxed)
        fewest.loop.execute { [fewest, context = tls?.current] in fewest.adopt(accepted, peer: peer, client: client, tls: context)
        }
    }

    /// Closes idle connections of the client that has the most, to make room for others.
    private func closeIdle() {
        guard trims.load(ordering: .relaxed) == 0, let largest = home.clients.largest else { return }
        trims.store(groups.count, ordering: .relaxed)
        let share = max(1, min(trimCount, largest.count) / groups.count)
        for group in groups {
            group.loop.execute { [self] in
                group.closeIdle(of: largest.client, atMost: share)
                trims.subtract(1, ordering: .relaxed)
            }
        }
    }

    /// Sends a 503 or 429, as far as the socket accepts it at once, and closes the connection.
    private func refuse(_ accepted: Int32, peer: String, _ shortage: ServerMetrics.Shortage, _ reason: String) {
        defer { Glibc.close(accepted) }
        metrics.refused(for: shortage)
        refused += 1
        if refused & (refused - 1) == 0 {
            let advice = shortage == .client ? " If it is a proxy's, TRUSTED_PROXIES has to name it." : ""
            logger.warning(
                "connections refused", metadata: ["reason": "\(reason)\(advice)", "refused": .stringConvertible(refused)])
        }
        // With TLS the response would need a handshake, and there is no room for that.
        guard let responder = home.responder, tls == nil else { return }
        let status: HTTPResponse.Status = shortage == .client ? .tooManyRequests : .serviceUnavailable
        let refusal = RejectedRequest(status: status, reason: reason, received: home.loop.now, peer: peer)
        var output = OutputQueue()
        output.append(responder.reject(refusal), in: ResponseContext(closes: true), date: home.dateLine())
        _ = output.flush(to: accepted)
        shutdown(accepted, Int32(SHUT_WR))
        // Unread bytes would turn the close into a reset, which overtakes the response.
        _ = home.scratch.withUnsafeMutableBytes { recv(accepted, $0.baseAddress, $0.count, 0) }
    }

    /// Handles an error of accept(2); whether to try again at once.
    func recover(_ error: Int32) -> Bool {
        switch error {
        case EAGAIN, EWOULDBLOCK:
            return false
        case EMFILE, ENFILE:
            return refuseWithReserve()
        case ECONNABORTED, EINTR, EPROTO:
            // The connection ended before it was accepted. The next one may be fine.
            return true
        default:
            // No memory, or an error of the network that accept(2) passes on.
            pauseAccepting()
            return false
        }
    }

    /// Without a free descriptor, the waiting connection would keep the listener ready for ever. The reserve is used to accept and
    /// refuse it.
    private func refuseWithReserve() -> Bool {
        guard reserve >= 0 else {
            reserve = Self.openReserve()
            if reserve < 0 { pauseAccepting() }
            return reserve >= 0
        }
        Glibc.close(reserve)
        reserve = -1
        var port: UInt16 = 0
        let accepted = csystem_accept(descriptor, nil, 0, &port)
        let error = errno
        if accepted >= 0 { refuse(accepted, peer: "", .descriptors, "The server has no descriptor left for a connection.") }
        reserve = Self.openReserve()
        if accepted < 0, error != EAGAIN {
            pauseAccepting()
            return false
        }
        return accepted >= 0
    }

    private func pauseAccepting() {
        guard let registration, !isClosed else { return }
        home.loop.update(registration, to: [])
        home.loop.schedule(after: Self.pause) { [weak self] in
            guard let self, !self.isClosed else { return }
            home.loop.update(registration, to: .read)
        }
    }
}
