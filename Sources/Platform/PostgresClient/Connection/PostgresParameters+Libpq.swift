extension PostgresParameters {
    /// The parameters as the three arrays that libpq wants, on the stack: where each value is, how long, and that it is binary.
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

    /// nil says NULL to libpq, so what is empty points somewhere too.
    private func pointer(in bytes: UnsafeRawBufferPointer, at offset: Int, length: Int) -> UnsafePointer<CChar>? {
        guard length >= 0 else { return nil }
        guard let base = bytes.baseAddress else { return PostgresParameters.nothing }
        return (base + offset).assumingMemoryBound(to: CChar.self)
    }

    // Safe: one byte, made once, never written.
    private nonisolated(unsafe) static let nothing: UnsafePointer<CChar> = {
        let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
        byte.initialize(to: 0)
        return UnsafePointer(byte)
    }()
}
