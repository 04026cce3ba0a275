import Configuration
import OpenAPI
import Compression
import Logging
import Web

/// What is the same for everybody and known when the service starts: the API's document, its page, pictures.
struct ServicePages: Sendable {
    private let docs: DocsRoutes
    private let assets: StaticAssets

    /// Reads the pictures; blocks.
    /// - Throws: where the directory of pictures cannot be read, or the API's document does not fit together.
    init(_ configuration: Configuration, logger: Logger) throws {
        // Once for all time: as small as it gets.
        let gzip = configuration.compression.map { Gzip(GzipSettings(minimumSize: $0.minimumSize, level: 9)) }
        docs = DocsRoutes(try OpenAPIDocument.shop(), gzip: gzip)
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
