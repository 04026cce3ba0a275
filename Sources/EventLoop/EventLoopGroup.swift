/// The loops of a process.
package struct EventLoopGroup: Sendable {
    package let loops: [EventLoop]

    /// - Parameter count: at least 1; ``UsableCPUs/count()`` is the choice for a server.
    /// - Throws: ``SystemError`` where the process has no descriptors left.
    package init(count: Int) throws(SystemError) {
        var loops: [EventLoop] = []
        for number in 0..<max(1, count) { loops.append(try EventLoop(label: "loop.\(number)")) }
        self.loops = loops
    }

    /// Stops all loops.
    package func stop() { for loop in loops { loop.stop() } }
}
