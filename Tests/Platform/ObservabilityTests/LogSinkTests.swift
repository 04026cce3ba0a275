import Dispatch
import Formats
import Glibc
import Testing

@testable import Observability

@Suite("Log sink", .timeLimit(.minutes(2)))
struct LogSinkTests {
    init() {
        signal(SIGPIPE, SIG_IGN)
    }

    @Test("writes complete lines in order")
    func order() throws {
        let pipe = try LogPipe()
        let sink = LogSink(descriptor: pipe.writer)
        for number in 0..<3 { sink.append(Array("line \(number)".utf8)) }
        #expect(pipe.lines(3) == ["line 0", "line 1", "line 2"])
        #expect(sink.flush())
        sink.append(Array("line 3".utf8), urgent: true)
        #expect(pipe.lines(1) == ["line 3"])
    }

    @Test("lines of many threads never mix, and keep each thread's order")
    func threads() throws {
        let pipe = try LogPipe()
        let sink = LogSink(descriptor: pipe.writer, limit: 64 * 1024 * 1024)
        DispatchQueue.global().async {
            DispatchQueue.concurrentPerform(iterations: 8) { thread in
                for number in 0..<2_000 {
                    sink.append(Array("\(thread) \(number) \(String(repeating: "x", count: number % 90))".utf8))
                }
            }
        }
        var next = [Int](repeating: 0, count: 8)
        for line in pipe.lines(16_000) {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            let thread = try #require(Int(parts[0]))
            #expect(Int(parts[1]) == next[thread])
            #expect(parts[2].utf8.count == next[thread] % 90)
            next[thread] += 1
        }
        #expect(next == [Int](repeating: 2_000, count: 8))
    }

    @Test("never waits for a stuck pipe, and reports exactly how many lines it dropped", arguments: [false, true])
    func stuck(isNonBlocking: Bool) throws {
        let pipe = try LogPipe(isNonBlocking: isNonBlocking)
        let sink = LogSink(descriptor: pipe.writer, limit: 20_000)
        let total = 50_000
        // A sink that waits for its reader would wait here for ever: this thread is the reader, further down.
        for number in 0..<total { sink.append(Array("{\"number\":\(number)}".utf8)) }
        #expect(sink.flush(timeout: .milliseconds(20)) == false)

        var received: [Int64] = []
        var dropped = 0
        while received.count + dropped < total {
            let line = try #require(pipe.lines(1).first)
            let value = try JSONValue.parse(Array(line.utf8))
            if let count = value.droppedLines {
                dropped += count
            } else {
                received.append(try #require(value["number"]?.int64Value))
            }
        }
        #expect(received.count + dropped == total)
        #expect(dropped > 0 && received.count > 500)
        #expect(received == received.sorted() && Set(received).count == received.count)

        sink.append(Array("{\"number\":-1}".utf8))
        #expect(pipe.lines(1) == ["{\"number\":-1}"])
        #expect(sink.flush())
    }

    @Test("a line longer than the buffer is dropped and counted")
    func longLine() throws {
        let pipe = try LogPipe()
        let sink = LogSink(descriptor: pipe.writer, limit: 100)
        sink.append([UInt8](repeating: 0x78, count: 100))
        sink.append([UInt8](repeating: 0x79, count: 99))
        let lines = pipe.lines(2)
        #expect(lines.first == String(repeating: "y", count: 99))
        #expect(try JSONValue.parse(Array(lines[1].utf8)).droppedLines == 1)
    }

    @Test("a slow reader gets every byte", arguments: [false, true])
    func slow(isNonBlocking: Bool) throws {
        let pipe = try LogPipe(isNonBlocking: isNonBlocking)
        let sink = LogSink(descriptor: pipe.writer)
        var expected: [UInt8] = []
        for number in 0..<4_000 {
            let line = Array("\(number):\(String(repeating: "z", count: number % 150))".utf8)
            expected += line + [UInt8(ascii: "\n")]
            sink.append(line)
        }
        let text = pipe.read(chunk: 777) { $0.count >= expected.count }
        #expect(text == expected)
    }

    @Test("flush returns when all lines are written, at once without lines, and never after its timeout")
    func flush() throws {
        let pipe = try LogPipe()
        let sink = LogSink(descriptor: pipe.writer)
        #expect(sink.flush(timeout: .zero))
        sink.append(Array("a".utf8))
        #expect(sink.flush(timeout: .seconds(30)))
        #expect(pipe.lines(1) == ["a"])
        for _ in 0..<100 { sink.append([UInt8](repeating: 0x62, count: 1_000)) }
        #expect(sink.flush(timeout: .milliseconds(10)) == false)
        #expect(pipe.lines(100).count == 100)
        #expect(sink.flush(timeout: .seconds(30)))
    }

    @Test("lines lost to a broken output are counted, and the number is written when it works again")
    func broken() throws {
        let pipe = try LogPipe()
        let descriptor = dup(pipe.writer)
        defer { close(descriptor) }
        // /dev/full fails every write with ENOSPC.
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        try #require(full >= 0)
        defer { close(full) }
        try #require(dup2(full, descriptor) == descriptor)
        let sink = LogSink(descriptor: descriptor)
        for _ in 0..<3 { sink.append(Array("lost".utf8)) }
        #expect(sink.flush(timeout: .seconds(30)))
        for _ in 0..<2 { sink.append(Array("lost".utf8)) }
        #expect(sink.flush(timeout: .seconds(30)))
        try #require(dup2(pipe.writer, descriptor) == descriptor)
        sink.append(Array("back".utf8))
        let lines = pipe.lines(2)
        #expect(lines.first == "back")
        #expect(try JSONValue.parse(Array(lines[1].utf8)).droppedLines == 5)
    }

    @Test("a pipe without a reader does not end the process")
    func gone() throws {
        var ends: [Int32] = [-1, -1]
        try #require(Glibc.pipe(&ends) == 0)
        close(ends[0])
        defer { close(ends[1]) }
        let sink = LogSink(descriptor: ends[1])
        for _ in 0..<10 {
            sink.append(Array("lost".utf8))
            #expect(sink.flush(timeout: .seconds(30)))
        }
        let closed = LogSink(descriptor: -1)
        closed.append(Array("lost".utf8))
        #expect(closed.flush(timeout: .seconds(30)))
    }
}

@Suite("Log batch")
struct LogBatchTests {
    @Test("counts the incomplete lines for every number of written bytes")
    func lost() {
        let text = Array("one\ntwo\nthree\n".utf8)
        for written in 0...text.count {
            let batch = LogBatch(lines: text, closingLine: false)
            #expect(batch.lost(written: written) == 3 - text[..<written].count { $0 == UInt8(ascii: "\n") })
        }
    }

    @Test("a newline that ends an older line is no line, and a lost note counts as its dropped lines")
    func special() {
        var batch = LogBatch(lines: Array("one\n".utf8), closingLine: true)
        batch.append(note: Array("note\n".utf8), dropped: 7)
        #expect(batch.bytes == Array("\none\nnote\n".utf8))
        #expect(batch.lost(written: 0) == 8)
        #expect(batch.lost(written: 1) == 8)
        #expect(batch.lost(written: 4) == 8)
        #expect(batch.lost(written: 5) == 7)
        #expect(batch.lost(written: 9) == 7)
        #expect(batch.lost(written: 10) == 0)
    }
}
