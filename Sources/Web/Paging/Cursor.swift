import FoundationEssentials
import Formats

/// A place in a sorted list: the sort values of the last row shown, as opaque text bound to the list's filter.
///
/// A checksum over fields and filter tells an altered cursor, or one of another list. It has no key: every task of a
/// fleet must read every other's cursors without a secret being configured, and forging one gains nothing. It can only
/// name a place in a list the caller may read anyway, and its values reach the database as typed parameters.
package struct Cursor: Sendable, Equatable {
    package let fields: [CursorField]

    package init(_ fields: [CursorField]) { self.fields = fields }

    /// The first byte of all; a change of the layout changes it, so that older cursors are refused, not misread.
    private static let layout: UInt8 = 1
    /// Longer texts hold no cursor.
    static let longest = 2_048

    /// Unpadded base64url.
    package func text(for filter: CursorFilter) -> String {
        var content: [UInt8] = []
        for field in fields { Cursor.append(field, to: &content) }
        return Base64URL.encode([Cursor.layout] + Cursor.checksum(content, filter) + content)
    }

    /// Reads a cursor; nil for one that was altered or belongs to another filter.
    package init?(_ text: String, for filter: CursorFilter) {
        guard text.utf8.count <= Cursor.longest, let bytes = Base64URL.decode(text), bytes.count >= 9,
            bytes.first == Cursor.layout
        else { return nil }
        var rest = bytes.dropFirst(9)
        guard bytes[1..<9].elementsEqual(Cursor.checksum(Array(rest), filter)) else { return nil }
        var fields: [CursorField] = []
        while !rest.isEmpty {
            guard let field = Cursor.field(&rest) else { return nil }
            fields.append(field)
        }
        self.fields = fields
    }

    private static func checksum(_ content: [UInt8], _ filter: CursorFilter) -> [UInt8] {
        var bytes = Array("cursor".utf8)
        append(filter.fingerprint, to: &bytes)
        return Array(SHA256.hash(bytes + content).prefix(8))
    }

    // MARK: Fields: a byte for the type, then the value

    private static func append(_ field: CursorField, to bytes: inout [UInt8]) {
        switch field {
        case .null: bytes.append(0)
        case .integer(let value):
            bytes.append(1)
            append(UInt64(bitPattern: value), to: &bytes)
        case .text(let value):
            bytes.append(2)
            append(UInt64(value.utf8.count), to: &bytes)
            bytes.append(contentsOf: value.utf8)
        case .uuid(let value):
            bytes.append(3)
            bytes.append(contentsOf: value.bytes)
        case .time(let value):
            bytes.append(4)
            append(UInt64(bitPattern: value.microseconds), to: &bytes)
        }
    }

    private static func field(_ rest: inout ArraySlice<UInt8>) -> CursorField? {
        switch rest.popFirst() {
        case 0: return .null
        case 1: return number(&rest).map { .integer(Int64(bitPattern: $0)) }
        case 2:
            guard let count = number(&rest), let count = Int(exactly: count), count <= rest.count else { return nil }
            defer { rest.removeFirst(count) }
            return String(validating: rest.prefix(count), as: UTF8.self).map { .text($0) }
        case 3:
            guard rest.count >= 16 else { return nil }
            defer { rest.removeFirst(16) }
            return UUID(bytes: rest.prefix(16)).map { .uuid($0) }
        case 4: return number(&rest).map { .time(Timestamp(microseconds: Int64(bitPattern: $0))) }
        default: return nil
        }
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private static func number(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        guard rest.count >= 8 else { return nil }
        defer { rest.removeFirst(8) }
        return rest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
