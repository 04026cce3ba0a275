import CSystem
import EventLoop
import Glibc
import HTTPTypes

/// One client's connection: reads its requests, has them answered one after another, writes the replies.
///
/// Confined to its loop. Whatever is ready at a wake-up is read, answered and written in that wake-up;
/// only a responder that suspends, or a client that reads slowly, makes the connection wait.
final class Connection: DescriptorHandler {
    let descriptor: Int32
    let peer: String
    let group: ConnectionGroup
    let responder: any Responder
    /// Nil where the connection is not encrypted.
    let tls: TLSSession?
    var loop: EventLoop { group.loop }
    /// Its place in the group.
    var index = 0

    private(set) var registration: Registration?
    private(set) var isClosed = false
    /// What is watched for, as epoll's bits.
    private var watched = EPOLLIN.rawValue

    // Input
    var parser: RequestParser
    /// What was read and not parsed, since a request before it is still worked on.
    var backlog: [UInt8] = []
    var backlogStart = 0
    /// What of the group's scratch buffer is this connection's and not parsed; only while it reads.
    var fresh = 0..<0
    /// Whether the client has closed its side.
    var inputEnded = false

    // Requests
    /// A request that is parsed and not begun.
    var upcoming: ParsedRequest?
    /// Whether a task goes through the requests now.
    var isExchanging = false
    /// That task, once it has suspended.
    var exchangeTask: Task<Void, Never>?
    var isFlushScheduled = false
    var served = 0
    /// Replies in a row that said 429 (Too Many Requests).
    var refusals = 0
    /// The body of the request under way, where it is streamed; all input, where another protocol is spoken.
    var inbound: InboundStream?
    /// The reply under way, where it is streamed.
    var outbound: OutboundStream?

    // Output
    var output = OutputQueue()
    /// Whether requests wait until the client has taken replies.
    var isHeldBack = false
    /// Whether the last reply is queued: what the client still sends is read and dropped.
    var isLast = false
    /// Whether this side is closed.
    var outputEnded = false

    // Times, in nanoseconds of the monotonic clock.
    let accepted: UInt64
    /// When the connection last became idle, or when the present head or body began.
    var phaseBegan: UInt64
    var phase = RequestParser.Phase.idle
    var inputEndedAt: UInt64 = 0
    var writeBegan: UInt64 = 0
    var writeProgressed: UInt64 = 0
    var writtenSince = 0

    init(descriptor: Int32, peer: String, group: ConnectionGroup, responder: any Responder, tls: TLSSession? = nil) {
        self.tls = tls
        self.descriptor = descriptor
        self.peer = peer
        self.group = group
        self.responder = responder
        parser = RequestParser(limits: group.configuration.limits)
        accepted = group.loop.now
        phaseBegan = group.loop.now
    }

    /// Starts watching; whether it could.
    func begin() -> Bool {
        registration = try? loop.register(descriptor, for: .read, handler: self)
        return registration != nil
    }

    func descriptorReady(_ readiness: Readiness) {
        // Both sides are closed, or it was reset: nothing can be sent any more.
        if readiness.meets(EPOLLERR.rawValue | EPOLLHUP.rawValue) { return close() }
        if readiness.meets(EPOLLOUT.rawValue) {
            if tls?.wantsToWrite == true { receive() }
            writable()
        }
        if readiness.meets(EPOLLIN.rawValue), !isClosed { receive() }
    }

    /// Ends the connection at once; what its task does is no longer needed.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        if let registration { loop.deregister(registration) }
        Glibc.close(descriptor)
        exchangeTask?.cancel()
        exchangeTask = nil
        inbound?.cancel()
        outbound?.end()
        backlog = []
        output = OutputQueue()
        group.remove(self)
    }

    /// What to watch for follows from what can be used.
    func updateInterest() {
        guard let registration, !isClosed else { return }
        var interest: UInt32 = 0
        if !inputEnded, isLast || (!isHeldBack && backlogCount < group.configuration.maximumPendingInput && inbound?.isFull != true) {
            interest = EPOLLIN.rawValue
        }
        if !output.isEmpty || tls?.wantsToWrite == true { interest |= EPOLLOUT.rawValue }
        guard interest != watched else { return }
        watched = interest
        loop.update(registration, to: Readiness(rawValue: interest))
    }
}

extension Readiness {
    /// Whether any of these bits is set; the generic `contains` is not specialised across modules.
    fileprivate func meets(_ bits: UInt32) -> Bool { rawValue & bits != 0 }
}
