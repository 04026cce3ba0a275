import CSystem
import EventLoop
import Glibc
import HTTPTypes
import Synchronization
import TLS

/// The connections of one loop, and what they share: the responder, buffers, the date, the check of deadlines.
// Unchecked: confined to its loop, and entry points assert it. Other threads use only the atomic properties.
final class ConnectionGroup: @unchecked Sendable {
    /// The size of the buffer for one read.
    private static let scratchBytes = 64 << 10
    /// A returned output buffer that is larger than this is not kept.
    private static let keptOutputBytes = 256 << 10

    let loop: EventLoop
    let configuration: ServerConfiguration
    let metrics: ServerMetrics
    let timeouts: ConnectionTimeouts
    /// Connections assigned to this loop and not yet closed.
    let openConnections = Atomic<Int>(0)
    /// Requests whose responder has not answered yet.
    let activeRequests = Atomic<Int>(0)
    /// The part of the budget that the loop's connections use, in bytes.
    let heldBytes = Atomic<Int>(0)
    /// Whether another loop has told this one to free memory.
    let isRelieving = Atomic<Bool>(false)
    /// The budget of the process, and the groups that share it.
    let buffers: SharedBuffers
    /// Counts the connections of each client.
    let clients: ClientConnectionCounter

    private(set) var responder: (any Responder)?
    /// Whether every response closes its connection.
    private(set) var isDraining = false
    /// Whether connections close as soon as they are idle.
    var isFinishing: Bool { finishBegan != nil }
    /// When the server began to shut down, in nanoseconds of the monotonic clock.
    private(set) var finishBegan: UInt64?

    var scratch = [UInt8](repeating: 0, count: ConnectionGroup.scratchBytes)
    private var spareOutput: [UInt8] = []
    private var date = DateField()
    private var connections: [Connection] = []
    private var check: LoopTimer?

    init(
        loop: EventLoop, configuration: ServerConfiguration, metrics: ServerMetrics, buffers: SharedBuffers? = nil,
        clients: ClientConnectionCounter = ClientConnectionCounter()
    ) {
        self.buffers = buffers ?? SharedBuffers(limit: configuration.bufferMemory)
        self.clients = clients
        self.loop = loop
        self.metrics = metrics
        self.configuration = configuration
        timeouts = ConnectionTimeouts(configuration)
    }

    /// On the loop.
    func begin(with responder: any Responder) {
        loop.assertInLoop()
        self.responder = responder
        buffers.join(self)
    }

    /// Takes over an accepted descriptor, which is counted in ``openConnections`` already. On the loop.
    /// - Parameters:
    ///   - client: the client that the peer counts as; it is counted in ``clients`` already
    ///   - tls: nil where the connection is not encrypted
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
        scheduleCheck()
    }

    private func discard(_ descriptor: Int32, _ client: String?) {
        Glibc.close(descriptor)
        if let client { clients.remove(client) }
        openConnections.subtract(1, ordering: .relaxed)
    }

    /// Forgets a connection that has closed its descriptor.
    func remove(_ connection: Connection) {
        let index = connection.index
        guard index < connections.count, connections[index] === connection else { return }
        connections.swapAt(index, connections.count - 1)
        connections[index].index = index
        connections.removeLast()
        if let client = connection.client { clients.remove(client) }
        openConnections.subtract(1, ordering: .relaxed)
    }

    // MARK: Memory

    /// Counts what a connection keeps, and frees memory where the process keeps too much.
    func count(_ change: Int, for connection: Connection? = nil) {
        guard change != 0 else { return }
        // Only the loop writes it.
        heldBytes.store(heldBytes.load(ordering: .relaxed) + change, ordering: .relaxed)
        buffers.budget.count(change)
        if change > 0, buffers.budget.excess > 0 { buffers.relieve(from: self, sparing: connection) }
    }

    /// Frees the memory of the connections that have held most for longest.
    /// - Parameter spared: the connection that is reading; it comes last.
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

    /// Closes idle connections of one client, the longest idle ones first.
    func closeIdle(of client: String, atMost count: Int) {
        loop.assertInLoop()
        var idle: [(since: UInt64, connection: Connection)] = []
        for connection in connections where connection.client == client {
            if let since = connection.idleSince { idle.append((since, connection)) }
        }
        idle.sort { $0.since < $1.since }
        for (_, connection) in idle.prefix(count) {
            metrics.idleClosed.increment()
            connection.close()
        }
    }

    /// Closes the connection that has been silent for longest, where ``ServerConfiguration/evictsIdleConnections`` is set; whether
    /// there was one.
    func evictSilent() -> Bool {
        loop.assertInLoop()
        guard configuration.evictsIdleConnections else { return false }
        var oldest: (since: UInt64, connection: Connection)?
        for connection in connections {
            if let since = connection.silentSince, since < oldest?.since ?? .max { oldest = (since, connection) }
        }
        guard let oldest else { return false }
        oldest.connection.close()
        return true
    }

    // MARK: What connections share

    func dateLine() -> [UInt8] { date.bytes(at: loop.now) }

    /// Lends the empty output buffer to the connection that writes. Others get a new one in the meantime.
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

    // Only the loop writes them, so no locked instruction is needed.
    func requestBegan() { activeRequests.store(activeRequests.load(ordering: .relaxed) + 1, ordering: .relaxed) }
    func requestEnded() { activeRequests.store(activeRequests.load(ordering: .relaxed) - 1, ordering: .relaxed) }

    // MARK: Shutdown

    /// From now on every response closes its connection.
    func drain() {
        loop.assertInLoop()
        isDraining = true
    }

    /// Closes idle connections, and the others as soon as they are idle.
    func finish() {
        loop.assertInLoop()
        isDraining = true
        finishBegan = finishBegan ?? loop.now
        for connection in connections { connection.closeIfIdle() }
    }

    /// Closes all connections at once.
    func closeAll() {
        loop.assertInLoop()
        isDraining = true
        finishBegan = finishBegan ?? loop.now
        for connection in connections { connection.close() }
    }

    // MARK: Deadlines

    /// One check of all connections now and then costs less than a timer for each, which every request would move.
    private func scheduleCheck() {
        guard check == nil, !connections.isEmpty else { return }
        check = loop.schedule(after: timeouts.checkInterval) { [weak self] in self?.checkDeadlines() }
    }

    private func checkDeadlines() {
        check = nil
        let now = loop.now
        // A copy: connections that close remove themselves.
        let present = connections
        for connection in present { connection.checkDeadlines(at: now) }
        scheduleCheck()
    }
}
