/// The elements of a text array in PostgreSQL's binary form (array_send in arrayfuncs.c), in order; those of an array of
/// several dimensions one after the other. Nil stands for NULL. Valid as long as the bytes are.
package struct PostgresTexts: Sequence, IteratorProtocol {
    private var rest: UnsafeRawBufferPointer

    /// An array without elements.
    package init() { rest = UnsafeRawBufferPointer(start: nil, count: 0) }

    /// Nil where the bytes are no array's.
    package init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        rest = UnsafeRawBufferPointer(bytes)
        // Dimensions, whether there are nulls, the elements' type; then each dimension's length and first index.
        guard let dimensions = number(), number() != nil, number() != nil, (0...6).contains(dimensions) else { return nil }
        for _ in 0..<dimensions { guard number() != nil, number() != nil else { return nil } }
    }

    /// The next element; nil at the end, and where the bytes end early.
    package mutating func next() -> UnsafeBufferPointer<UInt8>?? {
        guard let length = number() else { return nil }
        guard length >= 0 else { return .some(nil) }
        guard Int(length) <= rest.count else { return nil }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(Int(length))) }
        return .some(UnsafeRawBufferPointer(rebasing: rest.prefix(Int(length))).assumingMemoryBound(to: UInt8.self))
    }

    private mutating func number() -> Int32? {
        guard rest.count >= 4 else { return nil }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(4)) }
        return Int32(bigEndian: rest.loadUnaligned(as: Int32.self))
    }
}
