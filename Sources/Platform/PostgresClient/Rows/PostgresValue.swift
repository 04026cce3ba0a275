/// A column of a row, as a decoder sees it. Valid only while the decoder runs.
package struct PostgresValue {
    /// The object identifier of its type.
    package let type: UInt32
    /// The binary form; nil is NULL.
    package let bytes: UnsafeRawBufferPointer?

    /// The bytes as an integer, most significant first, if there are as many as it has.
    func integer<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number? {
        guard let bytes, bytes.count == MemoryLayout<Number>.size else { return nil }
        return Number(bigEndian: bytes.loadUnaligned(as: Number.self))
    }

    var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
}
