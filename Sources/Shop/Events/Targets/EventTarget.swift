import Formats
import FoundationEssentials

/// A row of `event_target`: what events are delivered to, and which.
package struct EventTarget: Equatable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case webhook, mail, sns, sqs, eventbridge
    }

    package let id: UUID
    package let kind: Kind
    /// A webhook's URL, a topic, a queue, a bus.
    package let address: String
    /// Patterns of types; `*` stands for any text.
    package let events: [String]
    /// The secrets of a webhook, sealed.
    package let secrets: [UInt8]?

    package init(id: UUID, kind: Kind, address: String, events: [String], secrets: [UInt8]? = nil) {
        self.id = id
        self.kind = kind
        self.address = address
        self.events = events
        self.secrets = secrets
    }

    /// The id of the one target of a kind that settings configure, such as mail: the same in every database.
    package static func configured(_ kind: Kind) -> UUID {
        // 00000000-0000-7000-8000-00000000000N
        UUID(high: 0x7000, low: 0x8000_0000_0000_0000 | UInt64(Kind.allCases.firstIndex(of: kind) ?? 0))
    }
}
