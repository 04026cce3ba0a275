import EventLoop

/// A descriptor of libcurl's that the loop watches, or has watched.
final class CurlSocket: DescriptorHandler {
    let descriptor: Int32
    /// Whether ``CurlMulti`` opens and closes it. Others belong to libcurl's look-ups of names.
    let isConnection: Bool
    private let loop: EventLoop
    private weak let multi: CurlMulti?
    private var registration: Registration?
    /// What libcurl waits for; empty while it waits for nothing.
    private var interest: Readiness = []

    init(_ descriptor: Int32, isConnection: Bool, loop: EventLoop, multi: CurlMulti) {
        self.descriptor = descriptor
        self.isConnection = isConnection
        self.loop = loop
        self.multi = multi
    }

    /// Watches for `interest` from now on.
    func watch(for interest: Readiness) throws(SystemError) {
        self.interest = interest
        if let registration {
            loop.update(registration, to: interest)
        } else {
            registration = try loop.register(descriptor, for: interest, handler: self)
        }
    }

    /// libcurl waits for nothing. The next request often uses the connection at once, so the loop goes on watching until there is an
    /// event: that saves two system calls a request.
    func rest() { interest = [] }

    /// Ends watching, before the descriptor is closed: epoll forgets it then, and its number may soon be that of another one.
    func end() {
        interest = []
        guard let registration else { return }
        self.registration = nil
        loop.deregister(registration)
    }

    func descriptorReady(_ readiness: Readiness) {
        guard !interest.isEmpty else { return end() }
        multi?.socketReady(descriptor, readiness)
    }
}
