import CSystem
import EventLoop
import Glibc
import Logging
import Synchronization
import TLS

/// An HTTP/1.1 server on event loops (RFC 9110, RFC 9112).
///
/// It shuts down in steps, and a load balancer loses no request: ``beginDrain()`` while the balancer notices that this server goes,
/// then ``stopAccepting()``, then ``finish(within:)``.
package final class Server: Sendable {
    private let configuration: ServerConfiguration
    private let groups: [ConnectionGroup]
    private let metrics: ServerMetrics
    /// The memory that is kept for clients, and its limit.
    package let buffers: BufferBudget
    private let logger: Logger
    private let makeResponder: @Sendable (EventLoop) -> any Responder
    private let listeners = Mutex<[Listener]>([])
    private let encryptedPort = Atomic<UInt16>(0)

    /// - Parameters:
    ///   - metrics: the server's counters; by default those of the process
    ///   - makeResponder: called once for each loop, on that loop, when the server starts
    package init(
        configuration: ServerConfiguration, loops: EventLoopGroup, logger: Logger, metrics: ServerMetrics = ServerMetrics(),
        makeResponder: @escaping @Sendable (EventLoop) -> any Responder
    ) {
        self.configuration = configuration
        self.logger = logger
        self.makeResponder = makeResponder
        self.metrics = metrics
        let buffers = SharedBuffers(limit: configuration.bufferMemory)
        let clients = ClientConnectionCounter()
        self.buffers = buffers.budget
        groups = loops.loops.map { loop in
            ConnectionGroup(
                loop: loop, configuration: configuration, metrics: metrics.ofOneLoop(), buffers: buffers, clients: clients)
        }
    }

    /// Listens and serves from now on. Call it once.
    /// - Returns: the port, which the system chooses if the configuration says 0.
    /// - Throws: ``SystemError`` from bind(2) or listen(2), such as EADDRINUSE; EINVAL for a host that is no
    ///   numeric address, or an inherited descriptor that does not listen.
    @discardableResult
    package func start() throws(SystemError) -> UInt16 {
        let descriptor: Int32
        if let inherited = configuration.inheritedListener {
            guard csystem_take_listener(inherited) == 0 else { throw SystemError("inherited socket") }
            descriptor = inherited
        } else {
            descriptor = csystem_listen(configuration.host, configuration.port, configuration.backlog)
            guard descriptor >= 0 else { throw SystemError("listen") }
        }
        let tls = configuration.tls
        let encrypted = tls.map { csystem_listen(configuration.host, $0.port, configuration.backlog) } ?? -1
        guard tls == nil || encrypted >= 0 else {
            let error = SystemError("listen for TLS")
            Glibc.close(descriptor)
            throw error
        }
        let port = csystem_local_port(descriptor)
        for group in groups {
            group.loop.execute { [makeResponder] in group.begin(with: makeResponder(group.loop)) }
        }
        let maximum = maximumConnections()
        listen(on: descriptor, maximum: maximum, tls: nil)
        if let tls {
            listen(on: encrypted, maximum: maximum, tls: tls)
            encryptedPort.store(csystem_local_port(encrypted), ordering: .relaxed)
        }
        return port
    }

    private func listen(on descriptor: Int32, maximum: Int, tls: TLSListener?) {
        let listener = Listener(
            descriptor: descriptor, groups: groups, maximum: maximum, tls: tls, metrics: metrics, logger: logger)
        listeners.withLock { $0.append(listener) }
        groups[0].loop.execute { listener.begin() }
        logger.info(
            "listening",
            metadata: [
                "host": "\(configuration.host)", "port": .stringConvertible(csystem_local_port(descriptor)),
                "tls": .stringConvertible(tls != nil),
            ])
    }

    /// The port for encrypted connections; 0 where there is none.
    package var tlsPort: UInt16 { encryptedPort.load(ordering: .relaxed) }

    /// The configured number, or what the limit of open files allows (getrlimit(2)).
    private func maximumConnections() -> Int {
        let room = max(1, Int(clamping: csystem_open_files_limit()) - max(0, configuration.reservedDescriptors))
        if room < configuration.maximumConnections {
            logger.warning(
                "the limit of open files allows fewer connections than configured",
                metadata: [
                    "configured": .stringConvertible(configuration.maximumConnections), "allowed": .stringConvertible(room),
                ])
        }
        return min(configuration.maximumConnections, room)
    }

    /// The number of connections that are accepted and not closed.
    package var openConnections: Int { connectionsPerLoop.reduce(0, +) }

    /// The same for each loop.
    package var connectionsPerLoop: [Int] { groups.map { $0.openConnections.load(ordering: .relaxed) } }

    /// The number of requests without a response yet.
    package var activeRequests: Int {
        groups.reduce(0) { $0 + $1.activeRequests.load(ordering: .relaxed) }
    }

    /// From now on every answer closes its connection; new connections are still accepted.
    package func beginDrain() {
        for group in groups { group.loop.execute { group.drain() } }
    }

    /// Accepts what has come by now and then closes the listening socket; returns once that is done.
    package func stopAccepting() async {
        let listeners = takeListeners()
        guard !listeners.isEmpty else { return }
        await withCheckedContinuation { done in
            groups[0].loop.execute {
                for listener in listeners { listener.close() }
                done.resume()
            }
        }
    }

    /// Stops accepting, closes idle connections, waits for the requests under way and closes what is left
    /// when the time is over, or when the calling task is cancelled.
    /// - Returns: whether all ended by themselves.
    @discardableResult
    package func finish(within limit: Duration) async -> Bool {
        beginDrain()
        await stopAccepting()
        for group in groups { group.loop.execute { group.finish() } }
        let deadline = Deadline.after(limit)
        while openConnections > 0, Deadline.after(.zero) < deadline {
            if Task.isCancelled { break }
            await pause()
        }
        let finished = openConnections == 0
        if !finished { close() }
        return finished
    }

    /// A moment on a loop's timer: Dispatch's own need a descriptor of their own, and end the process without one.
    private func pause() async {
        let loop = groups[0].loop
        await withCheckedContinuation { done in
            loop.execute { loop.schedule(after: .milliseconds(10)) { done.resume() } }
        }
    }

    private func takeListeners() -> [Listener] {
        listeners.withLock { listeners in
            defer { listeners = [] }
            return listeners
        }
    }

    /// Ends everything at once; clients are cut off.
    package func close() {
        let listeners = takeListeners()
        groups[0].loop.execute { for listener in listeners { listener.close() } }
        for group in groups { group.loop.execute { group.closeAll() } }
    }
}
