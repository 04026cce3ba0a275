import Web

extension CachePolicy {
    /// The catalogue: for everybody, as long as the stock in it may be shown, and as long again while it is fetched anew;
    /// for ten minutes where the shop cannot answer (RFC 5861).
    ///
    /// Without s-maxage: it would forbid content networks both of the latter (RFC 9111 §5.2.2.10).
    package static func catalog(stockLifetime: Duration) -> String {
        let seconds = stockLifetime.components.seconds
        guard seconds > 0 else { return CachePolicy.revalidated }
        return "max-age=\(seconds), stale-while-revalidate=\(seconds), stale-if-error=600"
    }
}
