import Web
import Compression
import HTTPServer

extension OpenAPIDocument {
    /// Where document and routes differ; empty where every route is described and every description has its route.
    package func differences(to routes: [Route]) -> [String] {
        // The path of a catch-all is one parameter in OpenAPI.
        let served = Set(routes.map { "\($0.method.rawValue) \($0.template.description.replacing("...}", with: "}"))" })
        let described = Set(operations.map { "\($0.method) \($0.path)" })
        return served.subtracting(described).sorted().map { "\($0) is served and not described" }
            + described.subtracting(served).sorted().map { "\($0) is described and not served" }
    }

    /// The document as it is served.
    package func resource(gzip: Gzip?) -> FixedResource {
        FixedResource(json, type: "application/json", kind: .data, cacheControl: CachePolicy.revalidated, gzip: gzip)
    }
}
