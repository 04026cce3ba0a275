import CZLib

/// Makes gzip (RFC 1952) of whole documents, one after another.
///
/// The state of zlib, 256 KiB with the window that compresses best, is made for the first document and reused, so each loop has one
/// of these. Equal documents have equal results: these contain neither name nor time. Confined to its loop or thread.
package final class Gzip {
    package let settings: GzipSettings
    /// Its address must not change, as the state points to it.
    private var stream: UnsafeMutablePointer<z_stream>?

    package init(_ settings: GzipSettings) { self.settings = settings }

    deinit { end() }

    /// Compresses a document; nil where it is below the minimum, would not become smaller, or zlib has no memory. It is then sent
    /// uncompressed.
    package func compress(_ document: [UInt8]) -> [UInt8]? {
        guard document.count >= settings.minimumSize, document.count > 1, let length = UInt32(exactly: document.count),
            let stream = ready()
        else { return nil }
        var document = document
        // One byte less than the document: a larger result is useless.
        let room = [UInt8](unsafeUninitializedCapacity: document.count - 1) { output, count in
            document.withUnsafeMutableBufferPointer { input in
                stream.pointee.next_in = input.baseAddress
                stream.pointee.avail_in = length
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = length - 1
                // Z_OK: there was no room for all of it.
                let isDone = deflate(stream, Z_FINISH) == Z_STREAM_END
                count = isDone ? Int(length - 1 - stream.pointee.avail_out) : 0
                stream.pointee.next_in = nil
                stream.pointee.next_out = nil
                stream.pointee.avail_in = 0
                stream.pointee.avail_out = 0
            }
        }
        // A copy, as the buffer is as large as the document and the result is kept.
        return room.isEmpty ? nil : Array(room[...])
    }

    /// The state, reset.
    private func ready() -> UnsafeMutablePointer<z_stream>? {
        if let stream {
            if deflateReset(stream) == Z_OK { return stream }
            end()
        }
        let made = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        guard czlib_gzip_begin(made, Int32(clamping: settings.level)) == Z_OK else {
            made.deallocate()
            return nil
        }
        stream = made
        return made
    }

    private func end() {
        guard let stream else { return }
        deflateEnd(stream)
        stream.deallocate()
        self.stream = nil
    }
}

/// Which documents are compressed, and how well.
package struct GzipSettings: Sendable, Equatable {
    /// The least size in bytes: compression of smaller documents gains too little for its cost at both ends.
    package var minimumSize: Int
    /// From 1, fast, to 9, small (zlib.h).
    package var level: Int

    package init(minimumSize: Int = 1_024, level: Int = 6) {
        self.minimumSize = minimumSize
        self.level = level
    }
}
