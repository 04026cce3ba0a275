@testable import HTTPServer

/// Feeds a decoder pieces, the way a connection does, and notes what it says in short lines.
struct WebSocketDriver {
    var decoder: WebSocketDecoder
    var verdict: [String] = []
    var failed = false

    init(limit: Int = 1 << 20) { decoder = WebSocketDecoder(maximumMessage: limit) }

    mutating func feed(_ bytes: [UInt8]) {
        var position = 0
        while !failed {
            switch decoder.next(bytes.span, from: &position) {
            case .incomplete:
                precondition(position == bytes.count, "input left over")
                return
            case .message(.text(let bytes)): verdict.append("text \(Self.short(bytes))")
            case .message(.binary(let bytes)): verdict.append("binary \(Self.short(bytes))")
            case .ping(let bytes): verdict.append("ping \(Self.short(bytes))")
            case .pong(let bytes): verdict.append("pong \(Self.short(bytes))")
            case .close(let close): verdict.append("close \(close.code?.description ?? "-") \(close.reason)")
            case .failed(let fault):
                verdict.append("failed \(fault.code)")
                failed = true
            }
        }
    }

    private static func short(_ bytes: [UInt8]) -> String {
        bytes.count > 40 ? "(\(bytes.count) bytes, \(bytes.hashValue))" : String(decoding: bytes, as: UTF8.self)
    }

    static func verdict(_ pieces: [[UInt8]], limit: Int = 1 << 20) -> [String] {
        var driver = WebSocketDriver(limit: limit)
        for piece in pieces { driver.feed(piece) }
        return driver.verdict
    }

    /// The first verdict that splitting changes: in pieces of each of these sizes, or at every offset into two; nil where they
    /// all agree.
    static func disagreement(_ bytes: [UInt8], limit: Int = 1 << 20) -> String? {
        let whole = verdict([bytes], limit: limit)
        for size in [1, 2, 3, 5, 7, 8, 9, 13] {
            let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
            let split = verdict(pieces, limit: limit)
            if split != whole { return "pieces of \(size): \(split), whole: \(whole)" }
        }
        for offset in 0...bytes.count {
            let split = verdict([Array(bytes[..<offset]), Array(bytes[offset...])], limit: limit)
            if split != whole { return "split at \(offset): \(split), whole: \(whole)" }
        }
        return nil
    }
}
