/// A kind of event that the shop tells other systems about.
///
/// Each feature declares its types in a file `EventType+Feature.swift`. The document `/events.json` is made of these
/// declarations. To add one, declare it there, list it in `ShopEvents`, and insert its events with ``OutboxEvent``.
package struct EventType: Hashable, Sendable {
    /// A noun, a full stop and a verb in the past tense, as in `order.placed`. It never changes its meaning.
    package let name: String
    /// Incremented when the payload changes in a way that receivers have to know.
    package let version: Int
    /// What the event is about, as in `order`. Events of one aggregate are delivered in order.
    package let aggregate: String
    /// When the event occurs, in one sentence for the readers of `/events.json`.
    package let summary: String
    /// The schema of the payload, by its name in the API document.
    package let schema: String

    package init(_ name: String, version: Int = 1, aggregate: String, schema: String, _ summary: String) {
        self.name = name
        self.version = version
        self.aggregate = aggregate
        self.schema = schema
        self.summary = summary
    }
}
