import Money
import Formats
import Web

/// Remembers what queries mean: lists are asked for with the same few queries over and over, and reading one costs
/// more than finding its answer. Confined to its loop.
final class ProductListMemory {
    private var requests = S3FIFOCache<ProductListRequest>(budget: 1 << 18)

    private let storeCurrency: CurrencyCode
    private let key: AuthenticationKey

    /// - Parameters:
    ///   - storeCurrency: what prices are compared in where a query names no currency
    ///   - key: signs cursors
    init(storeCurrency: CurrencyCode, key: AuthenticationKey) {
        self.storeCurrency = storeCurrency
        self.key = key
    }

    /// - Throws: `Problem` (400) for a parameter with a value it cannot have; that is not remembered.
    func request(_ context: RequestContext) throws(Problem) -> ProductListRequest {
        let text = context.request.query.map { String(decoding: $0, as: UTF8.self) } ?? ""
        if let known = requests.value(for: text) { return known }
        let request = try ProductListRequest(context.query, storeCurrency: storeCurrency, key: key)
        requests.insert(request, for: text, cost: text.utf8.count * 3 + 256)
        return request
    }
}
