/// The parameters of a statement in PostgreSQL's binary form, all in one buffer.
package struct PostgresParameters: Sendable {
    struct Parameter: Sendable {
        let type: UInt32
        /// -1 is NULL.
        let length: Int32
    }

    private(set) var bytes: [UInt8] = []
    private(set) var list: [Parameter] = []
    /// Whether PostgreSQL cannot hold one of them; the statement is refused before it is sent.
    private(set) var isInvalid = false

    mutating func append(_ value: some PostgresEncodable) {
        let start = bytes.count
        let isPresent = value.encode(into: &self)
        let length = Int32(exactly: bytes.count - start)
        if length == nil { isInvalid = true }
        list.append(Parameter(type: type(of: value).postgresType, length: isPresent ? length ?? -1 : -1))
    }

    mutating func append(_ others: PostgresParameters) {
        bytes += others.bytes
        list += others.list
        isInvalid = isInvalid || others.isInvalid
    }

    // MARK: For encoders

    /// Appends an integer, most significant byte first.
    mutating func write(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ raw: some Sequence<UInt8>) { bytes.append(contentsOf: raw) }

    /// Appends text; PostgreSQL has no NUL character in text.
    mutating func write(text: String) {
        var text = text
        text.withUTF8 {
            if $0.contains(0) { isInvalid = true }
            bytes.append(contentsOf: $0)
        }
    }

    /// Appends an array of one dimension (array_recv in PostgreSQL's arrayfuncs.c).
    mutating func write<Element: PostgresEncodable>(array: [Element]) {
        write(Int32(array.isEmpty ? 0 : 1))
        // Whether there are nulls; PostgreSQL checks for itself and always takes 1.
        write(Int32(1))
        write(Element.postgresType)
        guard !array.isEmpty else { return }
        guard let count = Int32(exactly: array.count) else { isInvalid = true; return }
        write(count)
        write(Int32(1))
        for element in array {
            let place = bytes.count
            write(Int32(-1))
            guard element.encode(into: &self) else { continue }
            guard let length = Int32(exactly: bytes.count - place - 4) else { isInvalid = true; return }
            withUnsafeBytes(of: length.bigEndian) { bytes.replaceSubrange(place..<place + 4, with: $0) }
        }
    }
}

extension PostgresParameters {
    /// The parameters as libpq's three arrays, on the stack: the address of each value, its length, and its binary format.
    func withLibpqArrays<Result>(
        _ body: (
            _ count: Int32, _ values: UnsafePointer<UnsafePointer<CChar>?>?, _ lengths: UnsafePointer<Int32>?,
            _ formats: UnsafePointer<Int32>?
        ) -> Result
    ) -> Result {
        let count = list.count
        guard count > 0 else { return body(0, nil, nil, nil) }
        return bytes.withUnsafeBytes { bytes in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { values in
                withUnsafeTemporaryAllocation(of: Int32.self, capacity: count * 2) { numbers in
                    var offset = 0
                    for index in 0..<count {
                        let length = Int(list[index].length)
                        values.initializeElement(at: index, to: pointer(in: bytes, at: offset, length: length))
                        numbers.initializeElement(at: index, to: Int32(max(0, length)))
                        numbers.initializeElement(at: count + index, to: 1)
                        offset += max(0, length)
                    }
                    let base = UnsafePointer(numbers.baseAddress)
                    return body(Int32(clamping: count), UnsafePointer(values.baseAddress), base, base.map { $0 + count })
                }
            }
        }
    }

    /// A nil pointer is NULL for libpq, so an empty value has a pointer too.
    private func pointer(in bytes: UnsafeRawBufferPointer, at offset: Int, length: Int) -> UnsafePointer<CChar>? {
        guard length >= 0 else { return nil }
        guard let base = bytes.baseAddress else { return PostgresParameters.nothing }
        return (base + offset).assumingMemoryBound(to: CChar.self)
    }

    // Safe: one byte, allocated once, never written.
    private nonisolated(unsafe) static let nothing: UnsafePointer<CChar> = {
        let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
        byte.initialize(to: 0)
        return UnsafePointer(byte)
    }()
}
