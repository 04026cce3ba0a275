import Compression
import Formats
import OpenAPI
import Web

/// GET /events.json: all types of events, in AsyncAPI 3.0. It is made of the same declarations as the events, and of the schemas
/// of the API document.
package struct EventsDocument: Sendable {
    package let value: JSONValue

    /// - Throws: ``EventsDocumentError`` if a type names a schema that the API document does not have, or two have one name.
    package init(_ types: [EventType], in api: OpenAPIDocument) throws(EventsDocumentError) {
        var messages = JSONObject()
        var channel = JSONObject()
        var components = SchemaCollector(api)
        for type in types {
            let payload = components.reference(to: type.schema)
            guard payload else { throw EventsDocumentError("\(type.name) names the schema \(type.schema), which does not exist") }
            guard messages.append(type.name, Self.message(type)) else {
                throw EventsDocumentError("\(type.name) is declared twice")
            }
            channel.append(type.name, Self.reference("#/components/messages/\(type.name)"))
        }
        value = .object([
            ("asyncapi", .string("3.0.0")),
            (
                "info",
                .object([
                    ("title", .string("\(api.info.title): events")), ("version", .string(api.info.version)),
                    ("description", .string(Self.description)),
                ])
            ),
            ("defaultContentType", .string("application/json")),
            (
                "channels",
                .object([
                    (
                        "webhook",
                        .object([
                            ("address", .null),
                            ("description", .string("The endpoints that you add with `commerce webhook add`.")),
                            ("messages", .object(channel)),
                        ])
                    )
                ])
            ),
            (
                "operations",
                .object([
                    (
                        "deliver",
                        .object([
                            ("action", .string("send")), ("channel", Self.reference("#/channels/webhook")),
                            (
                                "messages",
                                .array(types.map { Self.reference("#/channels/webhook/messages/\($0.name)") })
                            ),
                        ])
                    )
                ])
            ),
            (
                "components",
                .object([
                    ("messages", .object(messages)), ("schemas", .object(components.schemas)),
                    ("messageTraits", .object([("signed", Self.signed)])),
                ])
            ),
        ])
    }

    /// The document as it is served.
    package func resource(gzip: Gzip?) -> FixedResource {
        var writer = JSONWriter(capacity: 32 * 1_024)
        writer.value(value)
        return FixedResource(
            writer.finish(), type: "application/json", kind: .data, cacheControl: CachePolicy.revalidated, gzip: gzip)
    }

    private static let description = """
        The shop sends each event to all endpoints that want its type, at least once, and the events of one aggregate in order. \
        A repeat has the same id. The body of a request is the event; the headers follow Standard Webhooks 1.0. Types may be \
        added, and objects may get more members, without a new version.
        """

    private static func message(_ type: EventType) -> JSONValue {
        .object([
            ("name", .string(type.name)), ("title", .string(type.name)), ("summary", .string(type.summary)),
            ("contentType", .string("application/json")),
            ("traits", .array([reference("#/components/messageTraits/signed")])),
            (
                "payload",
                .object([
                    ("type", .string("object")),
                    ("required", .array(["type", "timestamp", "id", "version", "aggregate", "data"].map { .string($0) })),
                    (
                        "properties",
                        .object([
                            ("type", .object([("const", .string(type.name))])),
                            ("timestamp", text("When the event occurred (RFC 3339).", format: "date-time")),
                            ("id", text("The same with each attempt and at each endpoint.", format: "uuid")),
                            ("version", .object([("const", .number(JSONNumber(Int64(type.version))))])),
                            ("aggregate", aggregate(type)),
                            ("data", reference("#/components/schemas/\(type.schema)")),
                        ])
                    ),
                ])
            ),
        ])
    }

    private static func aggregate(_ type: EventType) -> JSONValue {
        .object([
            ("type", .string("object")), ("description", .string("What the event is about.")),
            ("required", .array(["type", "id", "sequence"].map { .string($0) })),
            (
                "properties",
                .object([
                    ("type", .object([("const", .string(type.aggregate))])),
                    ("id", text("Its id.", format: "uuid")),
                    (
                        "sequence",
                        .object([
                            ("type", .string("integer")), ("minimum", .number(JSONNumber(1))),
                            ("description", .string("1, 2, 3, … for each aggregate.")),
                        ])
                    ),
                ])
            ),
        ])
    }

    /// The headers of Standard Webhooks 1.0.
    private static let signed: JSONValue = .object([
        (
            "headers",
            .object([
                ("type", .string("object")),
                ("required", .array(["webhook-id", "webhook-timestamp", "webhook-signature"].map { .string($0) })),
                (
                    "properties",
                    .object([
                        ("webhook-id", text("The id of the event.")),
                        ("webhook-timestamp", text("When this attempt began, in seconds since 1970.")),
                        (
                            "webhook-signature",
                            text(
                                "`v1,` and the HMAC-SHA256 of id, timestamp and body, for each valid secret, separated by spaces."
                            )
                        ),
                    ])
                ),
            ])
        )
    ])

    private static func text(_ description: String, format: String? = nil) -> JSONValue {
        .object(
            [("type", .string("string"))] + (format.map { [("format", JSONValue.string($0))] } ?? []) + [
                ("description", .string(description))
            ])
    }

    private static func reference(_ target: String) -> JSONValue { .object([("$ref", .string(target))]) }
}

/// Why the document of events cannot be made.
package struct EventsDocumentError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// Copies schemas of the API document with all that they refer to.
private struct SchemaCollector {
    private static let prefix = "#/components/schemas/"

    private let api: OpenAPIDocument
    private(set) var schemas = JSONObject()

    init(_ api: OpenAPIDocument) { self.api = api }

    /// - Returns: false if there is no such schema.
    mutating func reference(to name: String) -> Bool {
        if schemas[name] != nil { return true }
        guard let schema = api.resolve(Self.prefix + name) else { return false }
        schemas.append(name, schema)
        return collect(schema)
    }

    private mutating func collect(_ value: JSONValue) -> Bool {
        switch value {
        case .object(let object):
            for member in object.members {
                if member.name == "$ref", let target = member.value.stringValue {
                    guard target.hasPrefix(Self.prefix), reference(to: String(target.dropFirst(Self.prefix.count))) else {
                        return false
                    }
                } else if !collect(member.value) {
                    return false
                }
            }
            return true
        case .array(let elements):
            for element in elements where !collect(element) { return false }
            return true
        default: return true
        }
    }
}

extension JSONValue {
    fileprivate static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        var object = JSONObject()
        for (name, value) in members { object.append(name, value) }
        return .object(object)
    }
}
