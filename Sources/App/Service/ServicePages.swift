import Compression
import Configuration
import Events
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

    /// Reads the assets; blocks.
    /// - Throws: If the directory of assets cannot be read, or the API document is inconsistent.
    init(_ configuration: Configuration, logger: Logger) throws {
        // Compressed once, so at the highest level.
        let gzip = configuration.compression.map { Gzip(GzipSettings(minimumSize: $0.minimumSize, level: 9)) }
        let document = try OpenAPIDocument.shop()
        order = OrderPage(gzip: gzip)
        account = AccountPage(gzip: gzip)
        events = try EventsDocument(ShopEvents.all, in: document).resource(gzip: gzip)
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
        assets.addRoutes(to: router, under: "/assets")
        order.addRoutes(to: router)
        account.addRoutes(to: router)
    }

    static func addEvents(_ events: FixedResource, to router: Router) {
        router.cached("/events.json") { context in .immediate(try events.answer(to: context)) }
    }
}
