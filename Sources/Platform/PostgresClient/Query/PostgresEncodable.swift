/// A value that can be a parameter.
package protocol PostgresEncodable: SendableMetatype {
    /// The type that PostgreSQL is told.
    static var postgresType: UInt32 { get }
    /// Appends the binary form, or nothing and `false` for NULL.
    func encode(into parameters: inout PostgresParameters) -> Bool
}

/// A value that arrays can be made of.
package protocol PostgresElement: PostgresEncodable {
    /// The type of an array of them.
    static var postgresArrayType: UInt32 { get }
    static func encode(_ array: [Self], into parameters: inout PostgresParameters)
}

extension PostgresElement {
    package static func encode(_ array: [Self], into parameters: inout PostgresParameters) {
        parameters.write(array: array)
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package static var postgresType: UInt32 { Wrapped.postgresType }
    package func encode(into parameters: inout PostgresParameters) -> Bool {
        guard let self else { return false }
        return self.encode(into: &parameters)
    }
}

extension Optional: PostgresElement where Wrapped: PostgresElement {
    package static var postgresArrayType: UInt32 { Wrapped.postgresArrayType }
}

extension Array: PostgresEncodable where Element: PostgresElement {
    package static var postgresType: UInt32 { Element.postgresArrayType }
    package func encode(into parameters: inout PostgresParameters) -> Bool {
        Element.encode(self, into: &parameters)
        return true
    }
}
