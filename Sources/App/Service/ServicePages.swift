import Compression
import Configuration
import Events
import Formats
import Logging
import Notifications
import OpenAPI
import Web

/// The static content, which is known when the service starts: the API document, its page and the assets.
struct ServicePages: Sendable {
    private let docs: DocsRoutes
    private let assets: StaticAssets
    private let order: OrderPage
    private let account: AccountPage
    private let events: FixedResource
    private let keys: FixedResource

    /// Reads the assets; blocks.
    /// - Throws: If the directory of assets cannot be read, or the API document is inconsistent.
    init(_ configuration: Configuration, logger: Logger) throws {
        // Compressed once, so at the highest level.
        let gzip = configuration.compression.map { Gzip(GzipSettings(minimumSize: $0.minimumSize, level: 9)) }
        let document = try OpenAPIDocument.shop()
        order = OrderPage(gzip: gzip)
        account = AccountPage(gzip: gzip)
        events = try EventsDocument(ShopEvents.all, in: document).resource(gzip: gzip)
        keys = Self.keySet(configuration.tokens.publicKeys)
        docs = DocsRoutes(document, home: .shop(document, gzip: gzip), gzip: gzip)
        if let directory = configuration.shop.assetsDirectory {
            assets = try StaticAssets(directory: directory, gzip: gzip)
            logger.info("assets read", metadata: ["directory": "\(directory)", "count": .stringConvertible(assets.count)])
        } else {
            assets = StaticAssets()
        }
    }

    func register(on router: Router) {
        docs.addRoutes(to: router)
        Self.addEvents(events, to: router)
        Self.addKeys(keys, to: router)
        assets.addRoutes(to: router, under: "/assets")
        order.addRoutes(to: router)
        account.addRoutes(to: router)
    }

    /// The public keys that access tokens can be verified with (RFC 7517 section 5). A secret is never among them.
    static func keySet(_ keys: [JSONValue]) -> FixedResource {
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.key("keys")
        json.beginArray()
        for key in keys { json.value(key) }
        json.endArray()
        json.endObject()
        return FixedResource(
            json.finish(), type: "application/json", kind: .data, cacheControl: "public, max-age=300", gzip: nil)
    }

    static func addKeys(_ keys: FixedResource, to router: Router) {
        router.cached("/.well-known/jwks.json") { context in .immediate(try keys.answer(to: context)) }
    }

    static func addEvents(_ events: FixedResource, to router: Router) {
        router.cached("/events.json") { context in .immediate(try events.answer(to: context)) }
    }
}
