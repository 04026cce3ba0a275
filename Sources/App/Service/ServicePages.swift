import Compression
import Configuration
import Logging
import OpenAPI
import Web

/// The static content, which is known when the service starts: the API document, its page and the assets.
struct ServicePages: Sendable {
    private let docs: DocsRoutes
    private let assets: StaticAssets

    /// Reads the assets; blocks.
    /// - Throws: If the directory of assets cannot be read, or the API document is inconsistent.
    init(_ configuration: Configuration, logger: Logger) throws {
        // Compressed once, so at the highest level.
        let gzip = configuration.compression.map { Gzip(GzipSettings(minimumSize: $0.minimumSize, level: 9)) }
        let document = try OpenAPIDocument.shop()
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
        assets.addRoutes(to: router, under: "/assets")
    }
}
