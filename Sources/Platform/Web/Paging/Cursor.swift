import Formats
import FoundationEssentials

/// A position in a sorted list: the sort values of the last row shown, as opaque text bound to the list's filter.
///
/// Fields and filter are signed together (HMAC-SHA-256, RFC 2104, cut to half its length). So the values are those of a row that was
/// shown, and a cursor that was changed, forged or made for another list is refused. All tasks of a fleet have the same key; after a
/// rotation, cursors signed with the previous key are still valid.
package struct Cursor: Sendable, Equatable {
    package let fields: [CursorField]

    package init(_ fields: [CursorField]) { self.fields = fields }

    /// The first byte. It changes with the layout, so that older cursors are refused and not misread.
    private static let layout: UInt8 = 2
    private static let codeLength = 16
    /// Longer texts are refused.
    static let longest = 2_048

    /// Unpadded base64url.
    package func text(for filter: CursorFilter) -> String {
        var content: [UInt8] = []
        for field in fields { Cursor.append(field, to: &content) }
        let code = filter.key.code(Cursor.signed(content, filter)).prefix(Cursor.codeLength)
        return Base64URL.encode([Cursor.layout] + code + content)
    }

    /// Reads a cursor; nil where it was changed or belongs to another filter.
    package init?(_ text: String, for filter: CursorFilter) {
        guard text.utf8.count <= Cursor.longest, let bytes = Base64URL.decode(text), bytes.count > Cursor.codeLength,
            bytes.first == Cursor.layout
        else { return nil }
        var rest = bytes.dropFirst(1 + Cursor.codeLength)
        let code = bytes[1..<1 + Cursor.codeLength]
        guard filter.key.isValid(code, for: Cursor.signed(Array(rest), filter), length: Cursor.codeLength) else { return nil }
        var fields: [CursorField] = []
        while !rest.isEmpty {
            guard let field = Cursor.field(&rest) else { return nil }
            fields.append(field)
        }
        self.fields = fields
    }

    private static func signed(_ content: [UInt8], _ filter: CursorFilter) -> [UInt8] {
        var bytes: [UInt8] = [layout]
        append(filter.fingerprint, to: &bytes)
        return bytes + content
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

/// One value of a position in a sorted list.
package enum CursorField: Sendable, Hashable {
    case integer(Int64)
    case text(String)
    case uuid(UUID)
    case time(Timestamp)
    case null
}

/// Filter and sort order of a list, as one number in its cursors.
package struct CursorFilter: Sendable {
    package let fingerprint: UInt64
    /// Signs the list's cursors.
    let key: AuthenticationKey

    /// - Parameters:
    ///   - parts: the same for the same list, in every process: `["things", "newest", colour ?? ""]`
    ///   - key: of ``EncryptionKeys/Purpose/cursors``
    package init(_ parts: [String], key: AuthenticationKey) {
        self.key = key
        var bytes: [UInt8] = []
        for part in parts {
            // Each with its length, so that different parts never make the same bytes.
            bytes.append(contentsOf: "\(part.utf8.count):".utf8)
            bytes.append(contentsOf: part.utf8)
        }
        fingerprint = SHA256.hash(bytes).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension EncryptionKeys.Purpose {
    /// To sign the cursors of lists.
    package static let cursors = EncryptionKeys.Purpose("list cursors")
}
