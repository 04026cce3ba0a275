import Dispatch
import Formats
import Glibc
import Synchronization

/// The destination of log lines: a bounded buffer in memory that is written asynchronously.
///
/// Appending never waits for a reader: with a stuck pipe, an event loop would stop with all its connections. When the buffer is full,
/// lines are dropped and counted, and a line with their number follows when there is room again.
///
/// The writer is a block on its own queue, which runs while there are lines. It collects lines for up to 50 ms, or until 64 KiB or an
/// urgent line arrives, and writes them with one call. The program must ignore SIGPIPE.
package final class LogSink: Sendable {
    private struct State {
        var waiting: [UInt8] = []
        /// An empty buffer that alternates with the one above.
        var spare: [UInt8] = []
        /// Bytes that the writer is writing.
        var inFlight = 0
        var dropped = 0
        /// Whether a writer block is queued or running.
        var isWriting = false
        /// Whether the writer has been woken before its time.
        var isHurried = false
        /// Whether the output ended within a line.
        var isWithinLine = false
        /// Batches begun and ended, for `flush`.
        var begun: UInt64 = 0
        var ended: UInt64 = 0
        var flushes: [(until: UInt64, done: DispatchSemaphore)] = []
    }

    private static let collectingTime = DispatchTimeInterval.milliseconds(50)
    private static let batchSize = 64 * 1024
    /// A larger buffer, from a burst, is freed.
    private static let keptCapacity = 256 * 1024

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "log writer")
    private let hurry = DispatchSemaphore(value: 0)
    private let output: DescriptorOutput
    private let limit: Int
    private let format: LogFormat

    /// - Parameters:
    ///   - descriptor: the output, which must stay open as long as the sink; the sink does not close it
    ///   - limit: the most bytes in memory
    ///   - format: the format of the line about dropped lines
    package init(descriptor: Int32 = 1, limit: Int = 1024 * 1024, format: LogFormat = .json) {
        output = DescriptorOutput(descriptor: descriptor)
        self.limit = limit
        self.format = format
    }

    /// Appends a line and its newline. Never blocks for longer than a copy of the line takes.
    /// - Parameter urgent: whether to write it at once
    package func append(_ line: [UInt8], urgent: Bool = false) {
        take(line, endsLine: false, count: 1, urgent: urgent)
    }

    /// Appends lines that have their newlines. Without room for all of them, none is appended. Never blocks either.
    package func append(lines: [UInt8], count: Int) {
        take(lines, endsLine: true, count: count, urgent: false)
    }

    private func take(_ bytes: [UInt8], endsLine: Bool, count: Int, urgent: Bool) {
        let (start, wake) = state.withLock { state in
            guard state.inFlight + state.waiting.count + bytes.count < limit else {
                state.dropped += count
                return (false, false)
            }
            state.waiting.append(contentsOf: bytes)
            if !endsLine { state.waiting.append(UInt8(ascii: "\n")) }
            let wake = !state.isHurried && (urgent || state.waiting.count >= Self.batchSize)
            if wake { state.isHurried = true }
            let start = !state.isWriting
            state.isWriting = true
            return (start, wake)
        }
        if wake { hurry.signal() }
        if start { queue.async { self.write() } }
    }

    /// Waits until all lines so far are written. Returns false after the timeout, which is at most an hour.
    ///
    /// It blocks, and is for the end of the program, not for event loops.
    @discardableResult
    package func flush(timeout: Duration = .seconds(1)) -> Bool {
        let done = DispatchSemaphore(value: 0)
        let (wait, wake) = state.withLock { state in
            let isIdle = state.waiting.isEmpty && state.inFlight == 0
            if isIdle { return (false, false) }
            // Waiting lines are written with the next batch.
            state.flushes.append((until: state.waiting.isEmpty ? state.begun : state.begun + 1, done: done))
            let wake = !state.isHurried
            state.isHurried = true
            return (true, wake)
        }
        if wake { hurry.signal() }
        guard wait else { return true }
        let microseconds = Int(min(max(0, timeout.wholeMicroseconds), 3_600_000_000))
        return done.wait(timeout: .now() + .microseconds(microseconds)) == .success
    }

    /// Runs on the writer's queue until no lines wait.
    private func write() {
        var hasMore = true
        while hasMore {
            _ = hurry.wait(timeout: .now() + Self.collectingTime)
            var batch = state.withLock { Self.takeBatch(&$0, format: format) }
            let written = output.write(batch.bytes)
            let lost = batch.lost(written: written)
            hasMore = state.withLock { Self.finish(&$0, &batch, written: written, lost: lost) }
        }
    }

    /// The waiting lines, and after them the line about dropped ones, which came when the buffer was full.
    private static func takeBatch(_ state: inout State, format: LogFormat) -> LogBatch {
        var batch = LogBatch(lines: state.waiting, closingLine: state.isWithinLine)
        state.waiting = state.spare
        state.spare = []
        if state.dropped > 0 {
            batch.append(note: note(dropped: state.dropped, format: format), dropped: state.dropped)
            state.dropped = 0
        }
        state.inFlight = batch.bytes.count
        state.isHurried = false
        state.begun += 1
        return batch
    }

    /// Ends a batch, and returns whether there is more to write.
    private static func finish(_ state: inout State, _ batch: inout LogBatch, written: Int, lost: Int) -> Bool {
        state.inFlight = 0
        state.ended += 1
        state.dropped += lost
        if written > 0 { state.isWithinLine = batch.bytes[written - 1] != UInt8(ascii: "\n") }
        let ended = state.ended
        for flush in state.flushes where flush.until <= ended { flush.done.signal() }
        state.flushes.removeAll { $0.until <= ended }
        let failed = written < batch.bytes.count
        state.spare = batch.emptied(keepingAtMost: keptCapacity)
        // After an error, the line about dropped ones waits for the next line.
        state.isWriting = !state.waiting.isEmpty || (state.dropped > 0 && !failed)
        return state.isWriting
    }

    private static func note(dropped: Int, format: LogFormat) -> [UInt8] {
        switch format {
        case .json:
            var writer = JSONWriter(capacity: 128)
            writer.beginObject()
            writer.field("time", Timestamp.now)
            writer.field("level", "warning")
            writer.field("message", "log lines dropped")
            writer.field("dropped", dropped)
            writer.endObject()
            return writer.finish() + [UInt8(ascii: "\n")]
        case .pretty:
            return Array("log lines dropped: \(dropped)\n".utf8)
        }
    }
}

/// Lines that are written at once.
struct LogBatch {
    private(set) var bytes: [UInt8]
    /// Whether a newline in front ends a line of an earlier batch.
    private let closesLine: Bool
    /// The number of dropped lines in the note at the end.
    private var noted = 0

    init(lines: consuming [UInt8], closingLine: Bool) {
        bytes = lines
        closesLine = closingLine
        if closingLine { bytes.insert(UInt8(ascii: "\n"), at: 0) }
    }

    /// Appends the note about dropped lines.
    mutating func append(note: [UInt8], dropped: Int) {
        bytes.append(contentsOf: note)
        noted = dropped
    }

    /// How many lines were not written completely, for a number of written bytes. A lost note counts as its dropped lines.
    func lost(written: Int) -> Int {
        guard written < bytes.count else { return 0 }
        let newlines = bytes[written...].count { $0 == UInt8(ascii: "\n") }
        let closing = closesLine && written == 0 ? 1 : 0
        return newlines - closing + (noted > 0 ? noted - 1 : 0)
    }

    /// The emptied buffer for reuse, or a new one where a burst has made it large.
    mutating func emptied(keepingAtMost capacity: Int) -> [UInt8] {
        var buffer: [UInt8] = []
        guard bytes.capacity <= capacity else { return buffer }
        swap(&buffer, &bytes)
        buffer.removeAll(keepingCapacity: true)
        return buffer
    }
}

/// Writes whole buffers to a descriptor, blocking or not.
struct DescriptorOutput {
    private let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes all bytes, and waits as long as the reader takes. Returns the number written, which is less only after an error.
    func write(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count, let start = buffer.baseAddress {
                let count = Glibc.write(descriptor, start + written, buffer.count - written)
                if count >= 0 {
                    written += count
                } else if errno == EAGAIN {
                    // Another process may have made the terminal or pipe non-blocking, so wait here.
                    var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&poller, 1, 1_000)
                } else if errno != EINTR {
                    break
                }
            }
            return written
        }
    }
}
