import Formats
import HTTPTypes

extension RequestContext {
    /// How deep arrays and objects of a body may stand inside one another.
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

    /// - Throws: 415 where the head says that the body, which is not empty, is no JSON or has a content coding.
    func requireJSON() throws(Problem) {
        try requireNoCoding()
        try requireType()
    }

    private func requireNoCoding() throws(Problem) {
        if let coding = request.head.bytes(of: .contentEncoding), !coding.elementsEqual("identity".utf8) {
            var problem = Problem(.unsupportedMediaType, "a body with a content coding is not taken")
            // RFC 9110 §12.5.3: what would have been taken.
            problem.headers.append(.acceptEncoding, "identity")
            throw problem
        }
    }

    private func requireType() throws(Problem) {
        guard let type = request.head.bytes(of: .contentType), MediaType.isJSON(type) else {
            throw Problem(.unsupportedMediaType, "Content-Type must be application/json")
        }
    }

    /// The body as a value of the caller's, with everything that is wrong with it found at once.
    /// - Throws: as ``json()``, and 422 with each fault's place.
    package func decode<Model>(_ read: (JSONReader) -> Model) throws -> Model {
        try JSONReader.decode(json(), read)
    }
}
