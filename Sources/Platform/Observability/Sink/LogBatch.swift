/// Lines on their way out in one write.
struct LogBatch {
    private(set) var bytes: [UInt8]
    /// A newline stands in front that belongs to no line: the output had ended within one.
    private let closesLine: Bool
    /// Lines that the note at the end counts, if there is one.
    private var noted = 0

    init(lines: consuming [UInt8], closingLine: Bool) {
        bytes = lines
        closesLine = closingLine
        if closingLine { bytes.insert(UInt8(ascii: "\n"), at: 0) }
    }

    /// Appends the line that tells of dropped ones.
    mutating func append(note: [UInt8], dropped: Int) {
        bytes.append(contentsOf: note)
        noted = dropped
    }

    /// How many lines never came out whole when only so many bytes did; a lost note stands for the lines it counted.
    func lost(written: Int) -> Int {
        guard written < bytes.count else { return 0 }
        let newlines = bytes[written...].count { $0 == UInt8(ascii: "\n") }
        let closing = closesLine && written == 0 ? 1 : 0
        return newlines - closing + (noted > 0 ? noted - 1 : 0)
    }

    /// The buffer for use again, without what was in it; a new one where a burst has made it large.
    mutating func emptied(keepingAtMost capacity: Int) -> [UInt8] {
        var buffer: [UInt8] = []
        guard bytes.capacity <= capacity else { return buffer }
        swap(&buffer, &bytes)
        buffer.removeAll(keepingCapacity: true)
        return buffer
    }
}
