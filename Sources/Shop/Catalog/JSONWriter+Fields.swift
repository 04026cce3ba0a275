import Formats
import PostgresClient

// Members whose values are copied from the bytes of a row.

extension JSONWriter {
    /// `"name": "text"`
    mutating func field(_ name: StaticString, utf8 text: UnsafeBufferPointer<UInt8>) {
        key(name)
        string(utf8: text)
    }

    /// `"name": {"slug", "name"}`, or null.
    mutating func field(_ name: StaticString, _ category: CategoryReference?) {
        key(name)
        guard let category else { return null() }
        beginObject()
        field("slug", utf8: category.slug)
        field("name", utf8: category.name)
        endObject()
    }

    /// `"name": {"amount": 1299, "currency": "USD"}`
    mutating func field(_ name: StaticString, amount: Int64, currency: UnsafeBufferPointer<UInt8>) {
        key(name)
        beginObject()
        field("amount", amount)
        field("currency", utf8: currency)
        endObject()
    }

    /// An array of strings.
    mutating func field(_ name: StaticString, _ texts: PostgresTexts) {
        key(name)
        beginArray()
        for text in texts {
            if let text { string(utf8: text) } else { null() }
        }
        endArray()
    }

    /// JSON as PostgreSQL writes it, without the spaces between its parts; nil is null.
    mutating func field(_ name: StaticString, jsonb text: UnsafeBufferPointer<UInt8>?) {
        key(name)
        guard let text else { return null() }
        raw { $0.append(compacting: text) }
    }
}
