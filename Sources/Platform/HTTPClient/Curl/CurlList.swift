import CCurl

/// A list of texts for libcurl, in memory that is used again for the next list.
package final class CurlList {
    private var text: UnsafeMutableBufferPointer<CChar>
    private var nodes: UnsafeMutableBufferPointer<curl_slist>
    private var bytes: [UInt8] = []
    private var starts: [Int] = []

    package init() {
        text = .allocate(capacity: 1_024)
        nodes = .allocate(capacity: 16)
    }

    deinit {
        text.deallocate()
        nodes.deallocate()
    }

    /// Begins an empty list. The one before must not be in use.
    package func clear() {
        bytes.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
    }

    /// Empties the list, and overwrites its texts: they may contain secrets. It must not be in use.
    package func erase() {
        for index in bytes.indices { bytes[index] = 0 }
        for index in 0..<min(bytes.count, text.count) { text[index] = 0 }
        clear()
    }

    /// Appends a header line, as CURLOPT_HTTPHEADER wants it.
    package func append(_ name: String, _ value: String) {
        starts.append(bytes.count)
        bytes.append(contentsOf: name.utf8)
        if value.isEmpty {
            // Without a value, a colon would mean that the header is not sent.
            bytes.append(UInt8(ascii: ";"))
        } else {
            bytes.append(UInt8(ascii: ":"))
            bytes.append(UInt8(ascii: " "))
            bytes.append(contentsOf: value.utf8)
        }
        bytes.append(0)
    }

    /// Appends a line as it is.
    package func append(line: String) {
        starts.append(bytes.count)
        bytes.append(contentsOf: line.utf8)
        bytes.append(0)
    }

    /// The list; valid until it is cleared. Nil for an empty one.
    package func list() -> UnsafeMutablePointer<curl_slist>? {
        if text.count < bytes.count {
            text.deallocate()
            text = .allocate(capacity: bytes.count * 2)
        }
        if nodes.count < starts.count {
            nodes.deallocate()
            nodes = .allocate(capacity: starts.count * 2)
        }
        guard let first = nodes.baseAddress, let start = text.baseAddress, !starts.isEmpty else { return nil }
        for (index, byte) in bytes.enumerated() { (start + index).initialize(to: CChar(bitPattern: byte)) }
        for (index, offset) in starts.enumerated() {
            let next = index + 1 < starts.count ? first + index + 1 : nil
            (first + index).initialize(to: curl_slist(data: start + offset, next: next))
        }
        return first
    }
}
