import Formats
import Glibc
import Testing

@testable import Observability

/// A pipe with a sink at one end and the test at the other.
final class LogPipe {
    let reader: Int32
    let writer: Int32
    private var whole: [String] = []
    private var partial: [UInt8] = []

    init(isNonBlocking: Bool = false) throws {
        var ends: [Int32] = [-1, -1]
        try #require(Glibc.pipe(&ends) == 0)
        (reader, writer) = (ends[0], ends[1])
        // The smallest possible pipe, so that writes are soon incomplete.
        let setPipeSize: Int32 = 1031 // F_SETPIPE_SZ, which needs _GNU_SOURCE (fcntl(2))
        _ = fcntl(writer, setPipeSize, 4_096)
        if isNonBlocking { _ = fcntl(writer, F_SETFL, fcntl(writer, F_GETFL) | O_NONBLOCK) }
    }

    deinit {
        close(reader)
        close(writer)
    }

    /// Reads pieces of a limited size until `enough` is true for the whole text, or nothing has arrived for 20 seconds.
    func read(chunk: Int = 65_536, until enough: ([UInt8]) -> Bool) -> [UInt8] {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: chunk)
        while !enough(text) {
            var poller = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
            guard poll(&poller, 1, 20_000) > 0 else {
                Issue.record("nothing came for 20 seconds after \(text.count) bytes")
                return text
            }
            let count = Glibc.read(reader, &buffer, buffer.count)
            guard count > 0 else { return text }
            text.append(contentsOf: buffer[..<count])
        }
        return text
    }

    /// Reads a number of lines; the rest is for the next call.
    func lines(_ count: Int) -> [String] {
        while whole.count < count {
            let text = read { !$0.isEmpty }
            if text.isEmpty { break }
            for byte in text {
                if byte == UInt8(ascii: "\n") {
                    whole.append(String(decoding: partial, as: UTF8.self))
                    partial = []
                } else {
                    partial.append(byte)
                }
            }
        }
        defer { whole.removeFirst(min(count, whole.count)) }
        return Array(whole.prefix(count))
    }
}

extension JSONValue {
    /// The number in a line about dropped lines; nil for other lines.
    var droppedLines: Int? {
        guard self["message"]?.stringValue == "log lines dropped", self["level"]?.stringValue == "warning" else { return nil }
        return self["dropped"]?.int64Value.map { Int($0) }
    }
}
