import Formats
import FoundationEssentials

/// An event that is committed, as targets get it.
package struct Event: Sendable {
    /// The same with each attempt and for each target: receivers recognise repeats by it.
    package let id: UUID
    /// Of two events of one aggregate, the later one has the higher position.
    package let position: Int64
    /// As in `order.placed`; an event of a later release may have a type that this release does not know.
    package let type: String
    package let version: Int
    package let aggregateType: String
    package let aggregate: UUID
    /// 1, 2, 3, … for each aggregate.
    package let sequence: Int
    /// The aggregate after the change, as JSON.
    package let payload: [UInt8]
    /// The trace of the request that caused the event.
    package let traceID: String?
    package let occurredAt: Timestamp

    package init(
        id: UUID, position: Int64, type: String, version: Int, aggregateType: String, aggregate: UUID, sequence: Int,
        payload: [UInt8], traceID: String?, occurredAt: Timestamp
    ) {
        self.id = id
        self.position = position
        self.type = type
        self.version = version
        self.aggregateType = aggregateType
        self.aggregate = aggregate
        self.sequence = sequence
        self.payload = payload
        self.traceID = traceID
        self.occurredAt = occurredAt
    }
}
