import CSystem
import EventLoop
import Glibc
import HTTPTypes
import TLS

/// One client's connection: reads its requests, has them answered one after another, writes the replies.
///
/// Confined to its loop. Whatever is ready at a wake-up is read, answered and written in that wake-up;
/// only a responder that suspends, or a client that reads slowly, makes the connection wait.
final class Connection: DescriptorHandler {
    let descriptor: Int32
    let peer: String
    /// Who the peer counts as; nil where its connections are not counted.
    let client: String?
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
    /// A request whose body is being read, from its head on.
    var announced: Request?
    /// How long that body may take, in nanoseconds.
    var bodyPatience: UInt64 = 0
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
    var bodyPace = TransferPace(from: 0, rate: 0, window: 0)
    var writePace = TransferPace(from: 0, rate: 0, window: 0)

    // Memory
    /// Bytes of the request that is being worked on.
    var inHand = 0
    /// What of the budget is counted as this connection's, and since when it has had some and got nothing done.
    private(set) var held = 0
    private var heldSince: UInt64 = 0

    init(
        descriptor: Int32, peer: String, client: String? = nil, group: ConnectionGroup, responder: any Responder,
        tls: TLSSession? = nil
    ) {
        self.tls = tls
        self.descriptor = descriptor
        self.peer = peer
        self.client = client
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
        announced = nil
        upcoming = nil
        backlog = []
        output = OutputQueue()
        group.count(-held)
        held = 0
        group.remove(self)
    }

    // MARK: Memory

    /// What is kept that can be taken from this client.
    private var claimable: Int {
        parser.heldBytes + backlog.capacity + output.heldBytes + (inbound?.held ?? 0)
    }

    var claim: BufferClaim { BufferClaim(held: isClosed ? 0 : claimable, since: heldSince) }

    /// Counts anew what is kept for the client, after it may have changed.
    func recount() {
        guard !isClosed else { return }
        let now = claimable + inHand
        guard now != held else { return }
        let change = now - held
        if held == 0 { heldSince = loop.now }
        held = now
        group.count(change, for: self)
    }

    /// Something was got done: what is kept from now on is kept for something else.
    func progressed() { heldSince = loop.now }

    /// Gives back what is kept, as there is no memory for it: a request under way goes on to its reply, what is sent ahead behind it
    /// is dropped; what is not yet a request is refused.
    func relieve() {
        guard !isClosed else { return }
        if output.isEmpty, !isExchanging, !isLast {
            let phase = parser.phase
            group.metrics.evicted(holding: phase == .body ? .body : .head)
            parser.abandon()
            backlog = []
            backlogStart = 0
            announced = nil
            refuse(.serviceUnavailable, "There is no memory for the request at the moment.")
            return flush()
        }
        if output.isEmpty, isExchanging, outbound == nil, inbound == nil {
            group.metrics.evicted(holding: .input)
            dropInput()
            return updateInterest()
        }
        group.metrics.evicted(holding: output.isEmpty ? .input : .replies)
        close()
    }

    /// Answers no request after the present one, and drops what the client sends still.
    func dropInput() {
        isLast = true
        upcoming = nil
        backlog = []
        backlogStart = 0
        fresh = fresh.upperBound..<fresh.upperBound
    }

    /// From how many bytes that wait the socket is left alone.
    var pendingLimit: Int {
        let isBehindStream = outbound != nil && inbound?.isRaw != true && inbound?.hasEnded != false
        return isBehindStream ? group.configuration.maximumInputBehindStream : group.configuration.maximumPendingInput
    }

    /// What to watch for follows from what can be used.
    func updateInterest() {
        guard let registration, !isClosed else { return }
        recount()
        guard !isClosed else { return }
        var interest: UInt32 = 0
        if !inputEnded, isLast || (!isHeldBack && backlogCount < pendingLimit && inbound?.isFull != true) {
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
