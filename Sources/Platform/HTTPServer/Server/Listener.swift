import CSystem
import EventLoop
import Glibc
import HTTPTypes
import Logging
import Synchronization
import TLS

/// Accepts connections on one loop and hands each to the loop that has the fewest.
///
/// One listener rather than one a loop: a load balancer keeps few and long connections, and the kernel's
/// distribution over several listeners spreads those badly.
// Unchecked: confined to its loop, entry points assert it.
final class Listener: DescriptorHandler, @unchecked Sendable {
    /// How many connections one wake-up accepts, so that the loop's own get their turn in between.
    private static let batch = 64
    /// How long to wait where the process or the kernel has no room for a connection.
    private static let pause = Duration.milliseconds(100)

    private let descriptor: Int32
    private let groups: [ConnectionGroup]
    private let metrics: ServerMetrics
    private let logger: Logger
    private let maximum: Int
    /// What its connections are encrypted with; nil where they are not.
    private let tls: CertificateStore?
    /// How many handshakes may begin.
    private var handshakes: TokenBucket
    /// How many of them by one client, where clients' connections are bounded. Those beyond are refused: if they waited with the
    /// rest, one address that does no more than connect would keep all others out.
    private var handshakesOfClients: ClientBuckets
    private var registration: Registration?
    /// Given up to accept one connection where no descriptor is left, so as to refuse it rather than let it wait.
    private var reserve: Int32
    private var isClosed = false
    private var refused = 0
    /// How many loops have still to close idle connections.
    private let trims = Atomic<Int>(0)
    /// From how many connections idle ones are closed, and how many at a time.
    private var crowded: Int { maximum - maximum / 16 }
    private var trim: Int { max(1, maximum / 64) }

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
            // Those beyond wait in the kernel: what they ask for costs more than to refuse them, and they may be shoppers.
            guard handshakes.isReady(at: home.loop.now) else { return waitForRoom() }
            guard acceptOne() else { return }
        }
    }

    /// Accepts what the kernel has taken already, then closes: those clients hold an open connection, and closing
    /// the socket over them would reset it. On its loop.
    func close() {
        home.loop.assertInLoop()
        guard !isClosed else { return }
        // No more than had room in the kernel's queue: what a flood of clients brings meanwhile would never end.
        var left = max(1, Int(home.configuration.backlog))
        while left > 0, acceptOne() { left -= 1 }
        isClosed = true
        if let registration { home.loop.deregister(registration) }
        Glibc.close(descriptor)
        if reserve >= 0 { Glibc.close(reserve) }
        reserve = -1
    }

    /// Whether there may be more.
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
        guard total < maximum || home.makeRoom() else {
            return refuse(accepted, peer: peer, .connections, "There are too many connections.")
        }
        let client = home.configuration.client(peer)
        let most = home.configuration.maximumConnectionsPerClient
        if tls != nil, most != nil, let client, !handshakesOfClients.take(of: client, at: home.loop.now) {
            return refuse(accepted, peer: peer, .client, "There are too many TLS handshakes from this address.")
        }
        if let client, !home.census.enter(client, limit: most) {
            return refuse(accepted, peer: peer, .client, "There are too many connections from this address.")
        }
        if total >= crowded { closeIdle() }
        metrics.accepted.increment()
        _ = handshakes.take(at: home.loop.now)
        fewest.openConnections.add(1, ordering: .relaxed)
        fewest.loop.execute { [fewest, context = tls?.current] in fewest.adopt(accepted, peer: peer, client: client, tls: context)
        }
    }

    /// Closes idle connections of the client that has most, so that others find room.
    private func closeIdle() {
        guard trims.load(ordering: .relaxed) == 0, let largest = home.census.largest else { return }
        trims.store(groups.count, ordering: .relaxed)
        let share = max(1, min(trim, largest.count) / groups.count)
        for group in groups {
            group.loop.execute { [self] in
                group.closeIdle(of: largest.client, atMost: share)
                trims.subtract(1, ordering: .relaxed)
            }
        }
    }

    /// A 503, as far as the socket takes it at once.
    private func refuse(_ accepted: Int32, peer: String, _ shortage: ServerMetrics.Shortage, _ reason: String) {
        defer { Glibc.close(accepted) }
        metrics.refused(for: shortage)
        refused += 1
        if refused & (refused - 1) == 0 {
            let advice = shortage == .client ? " If it is a proxy's, TRUSTED_PROXIES has to name it." : ""
            logger.warning(
                "connections refused", metadata: ["reason": "\(reason)\(advice)", "refused": .stringConvertible(refused)])
        }
        // To be understood it would take a handshake, which is what there is no room for.
        guard let responder = home.responder, tls == nil else { return }
        let status: HTTPResponse.Status = shortage == .client ? .tooManyRequests : .serviceUnavailable
        let refusal = RejectedRequest(status: status, reason: reason, received: home.loop.now, peer: peer)
        var output = OutputQueue()
        output.append(responder.reject(refusal), to: ReplyContext(closes: true), date: home.dateLine())
        _ = output.flush(to: accepted)
        shutdown(accepted, Int32(SHUT_WR))
        // What it has sent already would turn the close into a reset that overtakes the reply.
        _ = home.scratch.withUnsafeMutableBytes { recv(accepted, $0.baseAddress, $0.count, 0) }
    }

    /// Deals with an error of accept(2); whether to try again at once.
    func recover(_ error: Int32) -> Bool {
        switch error {
        case EAGAIN, EWOULDBLOCK:
            return false
        case EMFILE, ENFILE:
            return refuseWithReserve()
        case ECONNABORTED, EINTR, EPROTO:
            // That connection has ended before it was accepted; the next may be well.
            return true
        default:
            // No memory, or an error of the network that accept(2) passes on.
            waitForRoom()
            return false
        }
    }

    /// Without a descriptor the waiting connection keeps the listener ready for ever: take it with the one kept
    /// for this, and refuse it.
    private func refuseWithReserve() -> Bool {
        guard reserve >= 0 else {
            reserve = Self.openReserve()
            if reserve < 0 { waitForRoom() }
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
            waitForRoom()
            return false
        }
        return accepted >= 0
    }

    private func waitForRoom() {
        guard let registration, !isClosed else { return }
        home.loop.update(registration, to: [])
        home.loop.schedule(after: Self.pause) { [weak self] in
            guard let self, !self.isClosed else { return }
            home.loop.update(registration, to: .read)
        }
    }
}
