/// JSON text as it goes into and comes from a `jsonb` column. PostgreSQL checks it.
package struct PostgresJSON: Hashable, Sendable {
    /// UTF-8.
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }
}
