import Formats
import HTTPTypes

extension RequestContext {
    /// How deep the arrays and objects of a body may be nested.
    package static let maximumDepth = 32

    /// The body as JSON.
    /// - Throws: 400 without a body or with one that is not JSON, 415 for another type or a content coding.
    package func json() throws(Problem) -> JSONValue {
        try requireNoCoding()
        guard !request.body.isEmpty else { throw Problem(.emptyBody) }
        try requireType()
        do {
            return try JSONValue.parse(request.body, maximumDepth: Self.maximumDepth)
        } catch {
            throw Problem(.malformedJSON, error.description).with("offset", .number(JSONNumber(error.offset)))
        }
    }

    /// - Throws: 415 where the head of a request with a body announces another type than JSON, or a content coding.
    func requireJSON() throws(Problem) {
        try requireNoCoding()
        try requireType()
    }

    private func requireNoCoding() throws(Problem) {
        if let coding = request.head.bytes(of: .contentEncoding), !coding.elementsEqual("identity".utf8) {
            var problem = Problem(.unsupportedMediaType, "The body must have no content coding.")
            // RFC 9110 §12.5.3: the codings that are accepted.
            problem.headers.append(.acceptEncoding, "identity")
            throw problem
        }
    }

    private func requireType() throws(Problem) {
        guard let type = request.head.bytes(of: .contentType), MediaType.isJSON(type) else {
            throw Problem(.unsupportedMediaType, "Content-Type must be application/json.")
        }
    }

    /// Decodes the body, and finds all its errors at once.
    /// - Throws: as ``json()``, and 422 with the place of each error.
    package func decode<Model>(_ read: (JSONReader) -> Model) throws -> Model {
        try JSONReader.decode(json(), read)
    }
}
