/// One deadline on a loop. Cancelling is cheap; the entry leaves the loop's heap later.
package final class LoopTimer {
    let deadline: UInt64
    private(set) var body: (() -> Void)?
    private let loop: EventLoop

    init(deadline: UInt64, loop: EventLoop, body: @escaping () -> Void) {
        self.deadline = deadline
        self.loop = loop
        self.body = body
    }

    /// Whether it is still going to fire.
    package var isPending: Bool { body != nil }

    /// Takes the timer back; without effect once it has fired. On the loop.
    package func cancel() {
        guard body != nil else { return }
        body = nil
        loop.timerCancelled()
    }

    /// The body, once.
    func take() -> (() -> Void)? {
        defer { body = nil }
        return body
    }
}
