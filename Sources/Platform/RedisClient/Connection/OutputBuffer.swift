/// Bytes on their way out, of which the first may have left.
struct OutputBuffer {
    /// What an empty buffer may keep allocated, in bytes.
    private static let kept = 256 << 10

    private(set) var bytes: [UInt8] = []
    private var head = 0

    var count: Int { bytes.count - head }
    var isEmpty: Bool { count == 0 }

    /// Takes over all of `other`, which is left empty; without a copy where nothing waits here.
    mutating func take(_ other: inout [UInt8]) {
        if isEmpty {
            reset()
            swap(&bytes, &other)
        } else {
            bytes.append(contentsOf: other)
            other.removeAll(keepingCapacity: true)
        }
    }

    mutating func append(_ other: UnsafeRawBufferPointer) { bytes.append(contentsOf: other) }

    /// Hands out what waits; `body` says how much of it has left.
    mutating func send(_ body: (UnsafeRawBufferPointer) -> Int) {
        let sent = bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[head...])) }
        head = min(bytes.count, head + max(0, sent))
        if head == bytes.count { reset() }
    }

    private mutating func reset() {
        head = 0
        if bytes.capacity > Self.kept { bytes = [] } else { bytes.removeAll(keepingCapacity: true) }
    }
}
