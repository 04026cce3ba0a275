/// Gathers an answer within its limits, from the pieces that libcurl passes on.
struct ResponseReader {
    /// Why reading has stopped before the end.
    enum Stop: Equatable { case oversizedHeader, oversizedBody, truncated }

    private enum Part { case none, head, body }

    /// The most bytes of header lines, with those of interim responses and trailers.
    private let maximumHeaderBytes: Int
    private let maximumBodyBytes: Int
    private let oversizedBody: HTTPClientRequest.OversizedBody
    /// How many bytes beyond ``maximumBodyBytes`` are read and dropped: a connection whose answer was read to its end can be used again.
    private let maximumDiscardedBytes: Int

    private(set) var head: [UInt8] = []
    private(set) var body: [UInt8] = []
    private(set) var stop: Stop?
    private var part = Part.none
    private var headBytes = 0
    private var dropped = 0

    init(
        maximumHeaderBytes: Int, maximumBodyBytes: Int, oversizedBody: HTTPClientRequest.OversizedBody,
        maximumDiscardedBytes: Int = 64 << 10
    ) {
        self.maximumHeaderBytes = maximumHeaderBytes
        self.maximumBodyBytes = max(0, maximumBodyBytes)
        self.oversizedBody = oversizedBody
        self.maximumDiscardedBytes = maximumDiscardedBytes
    }

    /// Whether the body was longer than what is kept of it.
    var isTruncated: Bool { dropped > 0 }

    /// Takes a line of a header, of an interim response's header, or of a trailer.
    /// - Returns: false where reading must stop
    mutating func take(line: some Collection<UInt8>) -> Bool {
        headBytes += line.count
        guard headBytes <= maximumHeaderBytes else {
            stop = .oversizedHeader
            return false
        }
        if part != .head, body.isEmpty, dropped == 0, line.starts(with: "HTTP/".utf8) {
            // What was read is of an interim response.
            head.removeAll(keepingCapacity: true)
            part = .head
        } else if part == .head {
            if line.allSatisfy({ $0 == 0x0d || $0 == 0x0a }) { part = .body } else { head.append(contentsOf: line) }
        }
        return true
    }

    /// Takes a piece of the body.
    /// - Returns: false where reading must stop
    mutating func take(body bytes: some Collection<UInt8>) -> Bool {
        let room = maximumBodyBytes - body.count
        guard bytes.count > room else {
            body.append(contentsOf: bytes)
            return true
        }
        guard case .truncate = oversizedBody else {
            stop = .oversizedBody
            return false
        }
        body.append(contentsOf: bytes.prefix(room))
        dropped += bytes.count - room
        guard dropped <= maximumDiscardedBytes else {
            stop = .truncated
            return false
        }
        return true
    }
}
