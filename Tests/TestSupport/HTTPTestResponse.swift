import Foundation

/// What a server answered, as it came.
package struct HTTPTestResponse: Sendable {
    /// `HTTP/1.1` or `HTTP/1.0`.
    package let version: String
    package let status: Int
    package let reason: String
    /// All header fields in order, names as they were sent.
    package internal(set) var headers: [(name: String, value: String)]
    package internal(set) var body: [UInt8]

    /// The body as text.
    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The value of a header that is there once; nil where it is missing or repeated.
    package func header(_ name: String) -> String? {
        let found = all(name)
        return found.count == 1 ? found[0] : nil
    }

    /// Every value of a header.
    package func all(_ name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// The body decoded from JSON.
    package func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch {
            throw TestFailure("status \(status), not the JSON expected (\(error)): \(text)")
        }
    }
}
