import Formats
import FoundationEssentials

extension Event {
    /// The event as one JSON document, which every receiver gets: the same bytes with each attempt.
    ///
    /// `type`, `timestamp` and `data` are those of Standard Webhooks 1.0. Beside them is what receivers need to recognise repeats and to
    /// keep events in order.
    package var document: [UInt8] {
        var writer = JSONWriter(capacity: payload.count + 320)
        writer.beginObject()
        writer.field("type", type)
        writer.field("timestamp", occurredAt)
        writer.field("id", id)
        writer.field("version", version)
        writer.key("aggregate")
        writer.beginObject()
        writer.field("type", aggregateType)
        writer.field("id", aggregate)
        writer.field("sequence", sequence)
        writer.endObject()
        writer.key("data")
        writer.raw(payload)
        writer.endObject()
        return writer.finish()
    }
}
