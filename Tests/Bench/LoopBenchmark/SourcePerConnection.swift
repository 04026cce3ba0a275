import Dispatch
import Glibc

/// A dispatch source for every connection, all on one serial queue.
final class SourcePerConnection: LoopBenchmarkServer {
    private let queue = DispatchQueue(label: "sources")
    private var sources: [Int32: any DispatchSourceRead] = [:]
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    private var accepting: (any DispatchSourceRead)?

    func serve(_ listener: Int32) {
        let source = DispatchSource.makeReadSource(fileDescriptor: listener, queue: queue)
        source.setEventHandler { [unowned self] in
            while case let socket = FixedReply.accept(listener), socket >= 0 { watch(socket) }
        }
        accepting = source
        source.activate()
    }

    private func watch(_ socket: Int32) {
        let source = DispatchSource.makeReadSource(fileDescriptor: socket, queue: queue)
        source.setEventHandler { [unowned self] in
            guard !FixedReply.exchange(socket, &buffer) else { return }
            sources.removeValue(forKey: socket)?.cancel()
        }
        source.setCancelHandler { close(socket) }
        sources[socket] = source
        source.activate()
    }
}
