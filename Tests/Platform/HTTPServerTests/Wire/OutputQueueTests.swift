import EventLoop
import Glibc
import Testing

@testable import HTTPServer

@Suite struct OutputQueueTests {
    /// Two connected sockets, non-blocking, with little room between them.
    private func sockets() -> (Int32, Int32) {
        var pair: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &pair) == 0)
        var size: Int32 = 8_192
        setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        return (pair[0], pair[1])
    }

    private func receive(_ descriptor: Int32, atMost limit: Int) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = recv(descriptor, &buffer, limit, 0)
        return Array(buffer.prefix(max(0, count)))
    }

    private let date = Array("Date: now\r\n".utf8)

    private func reply(_ number: Int, size: Int) -> Response {
        Response(.ok, body: Array("[\(number)]".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: size))
    }

    /// An empty one would be an empty write.
    @Test func emptyArraysAreNeverQueued() {
        var queue = OutputQueue()
        for size in [40_000, 0, 40_000, 40_000, 3, 0, 40_000] { queue.append([UInt8](repeating: 1, count: size), asChunk: false) }
        #expect(queue.closed.map(\.count) == [40_000, 40_000, 40_000, 3, 40_000] && queue.open.isEmpty)
        #expect(queue.count == 160_003)
    }

    /// The room of what was sent is given back, and counted until then.
    @Test func fewWaitingBytesDoNotKeepALargeBuffer() {
        let (server, client) = sockets()
        defer { close(server); close(client) }
        var queue = OutputQueue()
        for _ in 0..<400 { queue.append([UInt8](repeating: 1, count: 1_000), asChunk: false) }
        #expect(queue.heldBytes >= 400_000)
        var taken = 0
        while queue.flush(to: server) == .blocked {
            let room = queue.open.capacity
            #expect(queue.heldBytes >= queue.count)
            #expect(room <= max(40_000, 4 * queue.count + 4))
            taken += receive(client, atMost: 3_001).count
        }
        #expect(taken > 300_000)
        #expect(queue.heldBytes == 0)
    }

    @Test func responsesKeepTheirOrderHoweverLittleTheClientAccepts() {
        let (server, client) = sockets()
        defer { close(server); close(client) }
        var queue = OutputQueue()
        var expected: [UInt8] = []
        for number in 0..<40 {
            let response = reply(number, size: number % 3 == 0 ? 40_000 : 100)
            queue.append(response, in: ResponseContext(), date: date)
            expected.appendHead(of: response, in: ResponseContext(), date: date)
            expected += response.body
        }
        #expect(queue.count == expected.count)
        var got: [UInt8] = []
        while got.count < expected.count {
            #expect(queue.flush(to: server) != .failed)
            got += receive(client, atMost: 3_001)
        }
        #expect(got == expected)
        #expect(queue.flush(to: server) == .drained)
        #expect(queue.isEmpty)
    }

    @Test(arguments: [4_000, 40_000]) func theQueueDoesNotGrowForAClientThatNeverAcceptsEverything(_ size: Int) {
        let (server, client) = sockets()
        defer { close(server); close(client) }
        var queue = OutputQueue()
        var largest = 0
        for number in 0..<1_000 {
            while queue.count < 32 * size { queue.append(reply(number, size: size), in: ResponseContext(), date: date) }
            #expect(queue.flush(to: server) == .blocked)
            largest = max(largest, queue.heldBytes)
            _ = receive(client, atMost: size)
        }
        #expect(largest < 128 * size)
    }

    @Test func aDisconnectedClientCausesAFailureAndNoSignal() {
        let (server, client) = sockets()
        close(client)
        defer { close(server) }
        var queue = OutputQueue()
        queue.append(reply(0, size: 10), in: ResponseContext(), date: date)
        #expect(queue.flush(to: server) == .failed)
    }
}

extension OutputQueue {
    /// All bytes it keeps in memory, sent or not.
    fileprivate var heldBytes: Int { open.count + closed.reduce(0) { $0 + $1.count + 16 } }
}
