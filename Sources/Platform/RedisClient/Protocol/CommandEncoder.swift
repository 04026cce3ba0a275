import CHiredis

/// Encodes commands in Redis's protocol, with hiredis's formatter.
struct CommandEncoder {
    /// The capacity that the scratch space keeps between commands, in bytes.
    private static let kept = 64 << 10

    // Kept from command to command, so that a small one allocates nothing here.
    private var scratch: [UInt8] = []
    private var lengths: [Int] = []
    private var pointers: [UnsafePointer<CChar>?] = []

    /// Appends one command to `output`.
    /// - Throws: `overloaded` when it is empty, too long for the formatter, or memory ran out.
    mutating func append(_ command: [RedisArgument], to output: inout [UInt8]) throws(RedisError) {
        guard !command.isEmpty, command.count <= 1 << 20 else {
            throw RedisError(.overloaded, "a command has between one and 2^20 words")
        }
        defer {
            if scratch.capacity > Self.kept { scratch = [] } else { scratch.removeAll(keepingCapacity: true) }
            lengths.removeAll(keepingCapacity: true)
            pointers.removeAll(keepingCapacity: true)
        }
        for argument in command {
            let before = scratch.count
            switch argument {
            case .text(let text): scratch.append(contentsOf: text.utf8)
            case .bytes(let bytes): scratch.append(contentsOf: bytes)
            case .integer(let integer): scratch.append(contentsOf: String(integer).utf8)
            }
            lengths.append(scratch.count - before)
        }
        // The formatter counts in int.
        guard scratch.count <= 1 << 30 else { throw RedisError(.overloaded, "a command of more than 2^30 bytes") }
        // So that there is an address even when every word is empty.
        scratch.append(0)

        var formatted: UnsafeMutablePointer<CChar>?
        let count = scratch.withUnsafeBytes { bytes in
            var offset = 0
            for length in lengths {
                pointers.append(bytes.baseAddress?.advanced(by: offset).assumingMemoryBound(to: CChar.self))
                offset += length
            }
            return redisFormatCommandArgv(&formatted, Int32(lengths.count), &pointers, lengths)
        }
        guard count > 0, let formatted else { throw RedisError(.overloaded, "no memory for a command") }
        output.append(contentsOf: UnsafeRawBufferPointer(start: formatted, count: Int(count)))
        redisFreeCommand(formatted)
    }
}

/// One word of a command: text as UTF-8, or any bytes.
package enum RedisArgument: Equatable, Sendable, ExpressibleByStringLiteral {
    case text(String)
    case bytes([UInt8])
    case integer(Int64)

    package init(stringLiteral value: String) { self = .text(value) }
}
