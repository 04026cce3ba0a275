/// The loops of a process.
package struct EventLoopGroup: Sendable {
    package let loops: [EventLoop]

    /// - Parameters:
    ///   - count: at least 1; ``UsableCPUs/count()`` is the choice for a server.
    ///   - label: the name of the loops, followed by their number.
    /// - Throws: ``SystemError`` when the process has no descriptors left.
    package init(count: Int, label: String = "loop") throws(SystemError) {
        var loops: [EventLoop] = []
        for number in 0..<max(1, count) { loops.append(try EventLoop(label: "\(label).\(number)")) }
        self.loops = loops
    }

    /// Stops all loops.
    package func stop() { for loop in loops { loop.stop() } }
}
