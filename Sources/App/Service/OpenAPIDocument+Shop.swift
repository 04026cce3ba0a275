import CServiceAPI
import OpenAPI
import Web

extension OpenAPIDocument {
    /// The shop's API.
    /// - Parameter server: the URL of the API, or `/` where it is not known
    /// - Throws: ``OpenAPIError`` where the fragments do not fit together, which a test would have shown.
    static func shop(server: String = "/") throws(OpenAPIError) -> OpenAPIDocument {
        var introduction = String(decoding: [UInt8](embedded: introduction_markdown), as: UTF8.self)
        // A text file ends with a line break.
        if introduction.hasSuffix("\n") { introduction.removeLast() }
        return try OpenAPIDocument(
            info: Info(title: "Shop", version: Version.text, description: introduction, server: server),
            fragments: [.catalog, .cart, .cartLive, .orders, .service, .money])
    }
}
