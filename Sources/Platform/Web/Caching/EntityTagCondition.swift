/// What If-Match and If-None-Match say (RFC 9110 §13.1.1, §13.1.2): any version, or one of these.
package enum EntityTagCondition: Sendable, Equatable {
    case any
    case tags([EntityTag])

    /// Reads the values of all fields of one name; nil where they are not `*` or a list of tags.
    ///
    /// Empty list elements are skipped (RFC 9110 §5.6.1.2); a list without any element is none.
    package init?(_ values: [String]) {
        var tags: [EntityTag] = []
        if values.count == 1, let only = values.first, EntityTagCondition.isStar(only) {
            self = .any
            return
        }
        for value in values {
            guard EntityTagCondition.read(Array(value.utf8), into: &tags) else { return nil }
        }
        guard !tags.isEmpty else { return nil }
        self = .tags(tags)
    }

    /// Whether a representation with this tag is meant, for If-Match: compared strongly.
    package func holdsStrongly(for tag: EntityTag) -> Bool {
        switch self {
        case .any: true
        case .tags(let tags): tags.contains { $0.matchesStrongly(tag) }
        }
    }

    /// The same for If-None-Match: compared weakly.
    package func holdsWeakly(for tag: EntityTag) -> Bool {
        switch self {
        case .any: true
        case .tags(let tags): tags.contains { $0.matchesWeakly(tag) }
        }
    }

    /// Whether a version is meant, for tags that tell one; weak tags never count.
    package func holds(forVersion version: Int64) -> Bool {
        switch self {
        case .any: true
        case .tags(let tags): tags.contains { !$0.isWeak && $0.version == version }
        }
    }

    private static func isStar(_ text: String) -> Bool {
        text.utf8.filter { $0 != 0x20 && $0 != 0x09 }.elementsEqual("*".utf8)
    }

    /// Tags separated by commas; false where something else stands there.
    private static func read(_ bytes: [UInt8], into tags: inout [EntityTag]) -> Bool {
        var rest = bytes[...]
        var needsComma = false
        while let byte = rest.first {
            switch byte {
            case 0x20, 0x09: rest.removeFirst()
            case UInt8(ascii: ","):
                needsComma = false
                rest.removeFirst()
            default:
                guard !needsComma, let tag = tag(&rest) else { return false }
                tags.append(tag)
                needsComma = true
            }
        }
        return true
    }

    /// `[W/]"…"`; the characters between are visible ones but the quote, and bytes above ASCII.
    private static func tag(_ rest: inout ArraySlice<UInt8>) -> EntityTag? {
        let isWeak = rest.starts(with: "W/".utf8)
        if isWeak { rest.removeFirst(2) }
        let quote = UInt8(ascii: "\"")
        guard rest.popFirst() == quote, let end = rest.firstIndex(of: quote) else { return nil }
        let opaque = rest[..<end]
        guard opaque.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { return nil }
        rest = rest[(end + 1)...]
        return EntityTag(opaque: Array(opaque), isWeak: isWeak)
    }
}
