/// The parameters of a statement in PostgreSQL's binary form, all in one buffer.
package struct PostgresParameters: Sendable {
    struct Parameter: Sendable {
        let type: UInt32
        /// -1 is NULL.
        let length: Int32
    }

    private(set) var bytes: [UInt8] = []
    private(set) var list: [Parameter] = []
    /// Something that PostgreSQL cannot hold was among them; the statement is refused before it is sent.
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
        // Whether there are nulls; PostgreSQL looks for itself and takes 1 always.
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
