/// A C function that returns a file which its target embeds in the program (#embed), and writes the number of its bytes.
package typealias EmbeddedFile = (UnsafeMutablePointer<Int>) -> UnsafePointer<UInt8>

extension [UInt8] {
    package init(embedded file: EmbeddedFile) {
        var count = 0
        let bytes = file(&count)
        self.init(UnsafeBufferPointer(start: bytes, count: count))
    }
}

extension String {
    /// The text of the file without the line break at its end.
    package init(embedded file: EmbeddedFile) {
        self.init(decoding: [UInt8](embedded: file), as: UTF8.self)
        if hasSuffix("\n") { removeLast() }
    }
}
