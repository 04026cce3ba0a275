import Formats
import PostgresClient

extension JSONWriter {
    /// JSON as PostgreSQL writes it, without the spaces between its parts.
    mutating func field(_ name: StaticString, jsonb text: UnsafeBufferPointer<UInt8>) {
        key(name)
        raw { $0.append(compacting: text) }
    }
}
