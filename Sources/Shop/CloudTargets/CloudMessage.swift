import Events
import Formats
import FoundationEssentials

/// An event as a message of a cloud service.
struct CloudMessage: Sendable {
    let event: Event
    /// The event's document, in characters that these services take.
    let text: String

    init(_ event: Event) {
        self.event = event
        text = Self.plain(event.document)
    }

    /// The event's id as text: where the service knows duplicates, it knows them by this.
    var id: String { Self.lowercased(event.id) }
    /// What keeps events in order where the service has groups.
    var group: String { Self.lowercased(event.aggregate) }

    /// The two characters of Unicode that XML forbids, U+FFFE and U+FFFF, written as escapes: SQS and SNS refuse messages that contain
    /// them. They occur only in JSON's strings.
    private static func plain(_ document: [UInt8]) -> String {
        guard document.contains(0xef) else { return String(decoding: document, as: UTF8.self) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(document.count)
        var index = 0
        while index < document.count {
            if document[index] == 0xef, index + 2 < document.count, document[index + 1] == 0xbf, document[index + 2] >= 0xbe {
                bytes.append(contentsOf: document[index + 2] == 0xbe ? #"\ufffe"#.utf8 : #"\uffff"#.utf8)
                index += 3
            } else {
                bytes.append(document[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func lowercased(_ id: UUID) -> String {
        var text: [UInt8] = []
        id.appendText(to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}

/// Splits messages into requests that a service takes.
enum CloudBatches {
    /// The ranges of messages that are sent together, in order: at most `count` messages and `bytes` bytes each. A message that is longer
    /// is in a range of its own.
    static func ranges(sizes: [Int], count: Int, bytes: Int) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        var sum = 0
        for (index, size) in sizes.enumerated() {
            if index > start, index - start >= count || sum + size > bytes {
                ranges.append(start..<index)
                (start, sum) = (index, 0)
            }
            sum += size
        }
        if start < sizes.count { ranges.append(start..<sizes.count) }
        return ranges
    }
}
