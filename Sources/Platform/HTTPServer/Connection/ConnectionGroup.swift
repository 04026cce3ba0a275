import CSystem
import EventLoop
import Glibc
import HTTPTypes
import Synchronization
import TLS

/// The connections of one loop, and what they share: the responder, buffers, the date, the look at deadlines.
// Unchecked: confined to its loop, entry points assert it; what others may ask for is atomic.
final class ConnectionGroup: @unchecked Sendable {
    /// How large a buffer one read fills.
    private static let scratchBytes = 64 << 10
    /// A lent output buffer that has grown beyond this is not kept.
    private static let keptOutputBytes = 256 << 10

    let loop: EventLoop
    let configuration: ServerConfiguration
    let metrics: ServerMetrics
    let times: ConnectionTimeouts
    /// Connections assigned to this loop and not yet closed.
    let openConnections = Atomic<Int>(0)
    /// Requests whose responder has not answered yet.
    let activeRequests = Atomic<Int>(0)
    /// What the loop's connections keep of the budget, in bytes.
    let heldBytes = Atomic<Int>(0)
    /// Whether another loop has asked this one to make room.
    let isRelieving = Atomic<Bool>(false)
    /// The process's budget, and all groups that share it.
    let buffers: SharedBuffers
    /// Counts the connections of each client.
    let census: ClientCensus

    private(set) var responder: (any Responder)?
    /// Whether every reply closes its connection.
    private(set) var isDraining = false
    /// Whether connections close as soon as no request of theirs is under way.
    var isFinishing: Bool { finishBegan != nil }
    /// Since when they do, in nanoseconds of the monotonic clock.
    private(set) var finishBegan: UInt64?

    var scratch = [UInt8](repeating: 0, count: ConnectionGroup.scratchBytes)
    private var spareOutput: [UInt8] = []
    private var date = DateField()
    private var connections: [Connection] = []
    private var sweep: LoopTimer?

    init(
        loop: EventLoop, configuration: ServerConfiguration, metrics: ServerMetrics, buffers: SharedBuffers? = nil,
        census: ClientCensus = ClientCensus()
    ) {
        self.buffers = buffers ?? SharedBuffers(limit: configuration.bufferMemory)
        self.census = census
        self.loop = loop
        self.metrics = metrics
        self.configuration = configuration
        times = ConnectionTimeouts(configuration)
    }

    /// On the loop.
    func begin(with responder: any Responder) {
        loop.assertInLoop()
        self.responder = responder
        buffers.join(self)
    }

    /// Takes over an accepted descriptor, which was counted in ``openConnections`` before. On the loop.
    /// - Parameter tls: what it is encrypted with; nil where it is not.
    /// - Parameter client: who the peer counts as, which was counted in ``census`` before.
    func adopt(_ descriptor: Int32, peer: String, client: String? = nil, tls: TLSServerContext? = nil) {
        loop.assertInLoop()
        guard let responder else { return discard(descriptor, client) }
        var session: TLSSession?
        if let tls {
            session = TLSSession(tls, on: descriptor)
            guard session != nil else { return discard(descriptor, client) }
        }
        let connection = Connection(
            descriptor: descriptor, peer: peer, client: client, group: self, responder: responder, tls: session)
        guard connection.begin() else { return discard(descriptor, client) }
        connection.index = connections.count
        connections.append(connection)
        sweepLater()
    }

    private func discard(_ descriptor: Int32, _ client: String?) {
        Glibc.close(descriptor)
        if let client { census.leave(client) }
        openConnections.subtract(1, ordering: .relaxed)
    }

    /// Forgets a connection that has closed its descriptor.
    func remove(_ connection: Connection) {
        let index = connection.index
        guard index < connections.count, connections[index] === connection else { return }
        connections.swapAt(index, connections.count - 1)
        connections[index].index = index
        connections.removeLast()
        if let client = connection.client { census.leave(client) }
        openConnections.subtract(1, ordering: .relaxed)
    }

    // MARK: Room

    /// Counts what connections keep; makes room where that is more than the process may.
    func count(_ change: Int, for connection: Connection? = nil) {
        guard change != 0 else { return }
        // Written by the loop alone.
        heldBytes.store(heldBytes.load(ordering: .relaxed) + change, ordering: .relaxed)
        buffers.budget.count(change)
        if change > 0, buffers.budget.excess > 0 { buffers.relieve(from: self, sparing: connection) }
    }

    /// Takes as much as is too much from those that hold most and get least done.
    /// - Parameter spared: the one that reads now, which comes last.
    func relieve(sparing spared: Connection? = nil) {
        loop.assertInLoop()
        let present = connections
        let claims = present.map { $0 === spared ? BufferClaim(held: 0, since: 0) : $0.claim }
        for index in BufferClaim.victims(of: claims, excess: buffers.budget.excess, at: loop.now) { present[index].relieve() }
        if let spared, buffers.budget.excess > 0 {
            loop.atTurnEnd { [weak self, weak spared] in
                guard let self, buffers.budget.excess > 0, let spared, spared.claim.held > 0 else { return }
                spared.relieve()
            }
        }
    }

    /// Closes idle connections of one client, those first that have been so for longest; at most so many.
    func closeIdle(of client: String, atMost count: Int) {
        loop.assertInLoop()
        let idle = connections.filter { $0.client == client && $0.isIdle }.sorted { $0.phaseBegan < $1.phaseBegan }
        for connection in idle.prefix(count) {
            metrics.idleClosed.increment()
            connection.close()
        }
    }

    /// Closes the connection that has been silent for longest, where that is wanted; whether there was one.
    func makeRoom() -> Bool {
        loop.assertInLoop()
        guard configuration.evictsIdleConnections else { return false }
        let silent = connections.filter { !$0.isExchanging && !$0.isClosed }
        guard let oldest = silent.min(by: { $0.phaseBegan < $1.phaseBegan }) else { return false }
        oldest.close()
        return true
    }

    // MARK: What connections share

    func dateLine() -> [UInt8] { date.bytes(at: loop.now) }

    /// Lends the output buffer, empty, to the one that writes now; whoever comes meanwhile gets a new one.
    func lendOutput(_ buffer: inout [UInt8]) {
        guard buffer.capacity == 0 else { return }
        swap(&buffer, &spareOutput)
        if buffer.capacity == 0 { buffer.reserveCapacity(16 << 10) }
    }

    /// Takes a drained output buffer back.
    func returnOutput(_ buffer: inout [UInt8]) {
        if spareOutput.capacity == 0, buffer.capacity <= Self.keptOutputBytes { swap(&buffer, &spareOutput) }
        buffer = []
    }

    // Written by the loop alone, so that no locked instruction is needed.
    func requestBegan() { activeRequests.store(activeRequests.load(ordering: .relaxed) + 1, ordering: .relaxed) }
    func requestEnded() { activeRequests.store(activeRequests.load(ordering: .relaxed) - 1, ordering: .relaxed) }

    // MARK: Ending

    func drain() {
        loop.assertInLoop()
        isDraining = true
    }

    /// Closes what is idle, and the rest as soon as it is.
    func finish() {
        loop.assertInLoop()
        isDraining = true
        finishBegan = finishBegan ?? loop.now
        for connection in connections { connection.closeIfIdle() }
    }

    func closeAll() {
        loop.assertInLoop()
        isDraining = true
        finishBegan = finishBegan ?? loop.now
        for connection in connections { connection.close() }
    }

    // MARK: Deadlines

    /// One look at all connections now and then costs less than a timer for each, which every request would move.
    private func sweepLater() {
        guard sweep == nil, !connections.isEmpty else { return }
        sweep = loop.schedule(after: times.sweep) { [weak self] in self?.sweepNow() }
    }

    private func sweepNow() {
        sweep = nil
        let now = loop.now
        // A copy, since those that close take themselves out.
        let present = connections
        for connection in present { connection.checkDeadline(now) }
        sweepLater()
    }
}
