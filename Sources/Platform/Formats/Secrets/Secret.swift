import Glibc

/// A password, key or token that only `reveal` shows: no log, interpolation, dump or JSON contains it.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable, Encodable {
    /// The mask. It has the same length for every secret.
    package static let mask = "[masked]"

    private let value: String

    package init(_ value: String) {
        self.value = value
    }

    /// The secret itself.
    package func reveal() -> String { value }

    package var isEmpty: Bool { value.isEmpty }

    package var description: String { Self.mask }
    package var debugDescription: String { Self.mask }
    package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Self.mask)
    }
}

/// A file with one secret, as container runtimes mount it: one line of text, with or without a newline.
package enum SecretFile {
    /// The longest secret, in bytes.
    package static let longest = 4_096

    /// Why a file has no valid secret. Never contains any of the file's text.
    package struct Fault: Error, Sendable, CustomStringConvertible {
        package let description: String

        fileprivate init(_ description: String) { self.description = description }
    }

    /// Reads the text without its newline. Blocks.
    package static func read(_ path: String) throws(Fault) -> Secret {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Fault(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: longest + 2)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Fault(String(cString: strerror(errno))) }
            if count == 0 { break }
            bytes += buffer[..<count]
            guard bytes.count <= longest + 2 else { throw Fault("it is longer than \(longest) bytes") }
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard !bytes.isEmpty else { throw Fault("it is empty") }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw Fault("it is not one line of text")
        }
        return Secret(text)
    }
}
