import Compression
import Configuration
import Logging
import OpenAPI
import Web

/// Responses that are the same for all clients and are known when the service starts: the API document, its page, the images.
struct ServicePages: Sendable {
    private let docs: DocsRoutes
    private let assets: StaticAssets

    /// Reads the images; blocks.
    /// - Throws: if the directory of the images cannot be read, or the API document has faults.
    init(_ configuration: Configuration, logger: Logger) throws {
        // They are compressed only once, so they may be as small as possible.
        let gzip = configuration.compression.map { Gzip(GzipSettings(minimumSize: $0.minimumSize, level: 9)) }
        let document = try OpenAPIDocument.shop()
        docs = DocsRoutes(document, home: .shop(document, gzip: gzip), gzip: gzip)
        if let directory = configuration.shop.assetsDirectory {
            assets = try StaticAssets(directory: directory, gzip: gzip)
            logger.info("pictures read", metadata: ["directory": "\(directory)", "count": .stringConvertible(assets.count)])
        } else {
            assets = StaticAssets()
        }
    }

    func register(on router: Router) {
        docs.addRoutes(to: router)
        assets.addRoutes(to: router, under: "/assets")
    }
}
