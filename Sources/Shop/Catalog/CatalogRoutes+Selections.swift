import HTTPServer
import Web

/// A request for products that another feature chooses.
package protocol CatalogQuestion: Sendable {
    /// The same for requests that mean the same.
    var key: String { get }
    /// Whether there can be an answer. If not, it is 404, and nothing is looked up or remembered.
    var isPossible: Bool { get }
}

extension CatalogRoutes {
    /// Adds a route that shows products which another feature chooses. Its responses are cached like lists: until the catalogue
    /// changes, and for the lifetime of a cached document at most. Their stock is as fresh as that of lists.
    /// - Parameters:
    ///   - cost: how many plain requests a request counts as under the rate limit
    ///   - read: finds out what a request wants, without a wait
    ///   - choose: chooses the products; nil where that for which they are wanted does not exist
    package func addSelection<Question: CatalogQuestion>(
        _ template: String, to router: Router, cost: @escaping @Sendable (ArraySlice<UInt8>?) -> Int,
        read: @escaping (RequestContext) throws -> Question, choose: @escaping (Question) async throws -> ProductSelection?
    ) {
        add(
            template, to: router, cost: cost,
            read: { context in
                let question = try read(context)
                guard question.isPossible else { throw Problem.notFound("Product not found.") }
                return SelectionResource(question: question)
            },
            load: { [loader] resource, context in
                try await loader.selection(context) { try await choose(resource.question) }
            })
    }

    /// A response that shows products which another feature has chosen, and is not cached. For routes that pass the admission gate.
    package func response(showing products: [SelectedProduct]) async throws -> Response {
        let loaded = try await loader.shown(products)
        return Response.json(.ok, bytes: loaded.document.filled(with: loaded.available)).with(
            .cacheControl, CachePolicy.notStored)
    }
}

private struct SelectionResource<Question: CatalogQuestion>: CachedResource {
    let question: Question
    var key: String { "r:" + question.key }
}
