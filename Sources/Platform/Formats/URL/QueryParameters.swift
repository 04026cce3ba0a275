/// The decoded parameters of a query string, in order.
package struct QueryParameters: Equatable, Sendable {
    /// A name and its value; `flag` without `=` has an empty one.
    package struct Parameter: Equatable, Sendable {
        package let name: String
        package let value: String
    }

    /// All parameters in order.
    package let parameters: [Parameter]

    /// More parameters are refused, as a look-up is linear.
    package static let maximumCount = 100

    package init() {
        parameters = []
    }

    /// Reads the query without its `?`; nil where a part is not properly percent-encoded UTF-8 (see `PercentEncoding`), or
    /// there are more than `maximumCount` parameters. Empty parts between `&` are skipped.
    @inlinable
    package init?(_ query: some Collection<UInt8>) {
        guard let parameters = query.withBytes({ QueryParameters(parsing: $0) }) else { return nil }
        self = parameters
    }

    @usableFromInline
    init?(parsing query: Span<UInt8>) {
        var parameters: [Parameter] = []
        var start = 0
        while start < query.count {
            var end = start
            var equals: Int?
            while end < query.count, query[end] != UInt8(ascii: "&") {
                if equals == nil, query[end] == UInt8(ascii: "=") { equals = end }
                end += 1
            }
            let part = start..<end
            start = end + 1
            if part.isEmpty { continue }
            guard parameters.count < Self.maximumCount else { return nil }
            let name = query.extracting(part.lowerBound..<(equals ?? end))
            let value = query.extracting((equals.map { $0 + 1 } ?? end)..<end)
            guard let name = PercentEncoding.decode(bytes: name, plusIsSpace: true),
                let value = PercentEncoding.decode(bytes: value, plusIsSpace: true)
            else { return nil }
            parameters.append(Parameter(name: name, value: value))
        }
        self.parameters = parameters
    }

    /// Reads the query without its `?`; nil as above.
    package init?(_ query: String) {
        self.init(query.utf8)
    }

    /// The first value of a name.
    package func first(_ name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }

    /// All values of a name.
    package func all(_ name: String) -> [String] {
        parameters.lazy.filter { $0.name == name }.map(\.value)
    }
}
