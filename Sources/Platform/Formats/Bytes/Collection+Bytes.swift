extension Collection<UInt8> {
    /// The bytes in one piece, copied only where they are not. What reads bytes does so over a span, compiled once, whatever
    /// collection they come in; this and what calls it are inlined across modules, since a generic call costs more than the work.
    @inlinable
    package func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        let result: Result? = withContiguousStorageIfAvailable { body($0.span) }
        if let result { return result }
        return Array(self).withUnsafeBufferPointer { body($0.span) }
    }
}
