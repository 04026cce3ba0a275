import Formats
import PostgresClient

// Members whose values are copied from the bytes of a row.

extension JSONWriter {
    /// `"name": "text"`
    mutating func field(_ name: StaticString, utf8 text: UnsafeBufferPointer<UInt8>) {
        key(name)
        string(utf8: text)
    }

    /// `"price_range": {"min": {"amount": 1299, "currency": "USD"}, "max": …}`
    mutating func priceRange(_ range: ClosedRange<Int64>, currency: UnsafeBufferPointer<UInt8>) {
        key("price_range")
        beginObject()
        field("min", amount: range.lowerBound, currency: currency)
        field("max", amount: range.upperBound, currency: currency)
        endObject()
    }

    /// The price before it was reduced to `price`; null where it was not.
    mutating func compareAtPrice(_ before: Int64?, price: Int64, currency: UnsafeBufferPointer<UInt8>) {
        if let before, before > price {
            field("compare_at_price", amount: before, currency: currency)
        } else {
            key("compare_at_price")
            null()
        }
    }

    /// `"name": "text"`, or null.
    mutating func field(_ name: StaticString, utf8 text: UnsafeBufferPointer<UInt8>?) {
        key(name)
        guard let text else { return null() }
        string(utf8: text)
    }

    /// `"name": {"slug", "name"}`, or null; with the path to it where the reference has one.
    mutating func field(_ name: StaticString, _ category: CategoryReference?) {
        key(name)
        guard let category else { return null() }
        beginObject()
        field("slug", utf8: category.slug)
        field("name", utf8: category.name)
        if let path = category.path { field("path", jsonb: path) }
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
