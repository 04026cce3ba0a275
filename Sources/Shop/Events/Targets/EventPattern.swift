import PostgresClient

/// Which types of events a target gets: one type, as in `order.placed`; all that begin alike, as in `order.*`; or all, `*`.
///
/// The relay matches in SQL, so the rule is stated twice, and a test compares the two.
package struct EventPattern: Hashable, Sendable, CustomStringConvertible {
    private enum Form: Hashable {
        case all
        /// The types that begin with this text, which ends in a full stop.
        case prefix(String)
        case exact(String)
    }

    /// The pattern as it was written, and as `event_target` stores it.
    package let text: String
    private let form: Form

    /// The longest pattern, in bytes.
    package static let longest = 100
    /// What a pattern looks like, for errors: "expected …".
    package static let expectation = "a type like order.placed, a group like order.*, or *"

    /// Nil for anything but words of a–z, 0–9 and `_` with full stops between them, of which the last may be `*`.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.longest else { return nil }
        let words = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let hasWildcard = words.last?.elementsEqual("*".utf8) == true
        guard (hasWildcard ? words.dropLast() : words[...]).allSatisfy({ !$0.isEmpty && $0.allSatisfy(Self.isWord) }) else {
            return nil
        }
        self.text = String(text)
        form = !hasWildcard ? .exact(self.text) : words.count == 1 ? .all : .prefix(String(self.text.dropLast()))
    }

    /// Whether a target with this pattern gets events of a type. No pattern matches a ping, which is for one endpoint alone, and only
    /// its own name matches what is for the mailer.
    package func matches(_ type: String) -> Bool {
        guard !type.utf8.elementsEqual(EventType.webhookPing.name.utf8) else { return false }
        let isPrivate = type.utf8.elementsEqual(EventType.accountMailRequested.name.utf8)
        return switch form {
        case .all: !isPrivate
        case .prefix(let prefix): !isPrivate && type.utf8.starts(with: prefix.utf8)
        case .exact(let text): type.utf8.elementsEqual(text.utf8)
        }
    }

    package var description: String { text }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// The condition that a type is one of these, for lists of events. Unlike ``matches(_:)``, it knows no exception.
    /// - Parameter type: an expression of type text
    package func selection(of type: PostgresQuery) -> PostgresQuery {
        switch form {
        case .all: "true"
        case .prefix(let prefix): "starts_with(\(type), \(prefix))"
        case .exact(let text): "\(type) = \(text)"
        }
    }

    /// The condition that a target's patterns match a type, as in the relay, whatever the target's state is.
    /// - Parameters:
    ///   - type: an expression of type text, such as `o.type`
    ///   - patterns: an expression of type text[], such as `t.events`
    package static func condition(type: PostgresQuery, patterns: PostgresQuery) -> PostgresQuery {
        """
        (\(type) <> \(EventType.webhookPing.name) AND EXISTS (SELECT FROM unnest(\(patterns)) p \
        WHERE \(type) LIKE \(likePattern("p")) AND (\(type) <> \(EventType.accountMailRequested.name) OR p = \(type))))
        """
    }

    /// The pattern of LIKE for a pattern of types, in which only `*` has a meaning.
    private static func likePattern(_ pattern: PostgresQuery) -> PostgresQuery {
        #"replace(replace(replace(\#(pattern), '\', '\\'), '_', '\_'), '*', '%')"#
    }
}
