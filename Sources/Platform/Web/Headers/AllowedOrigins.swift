/// Origins of web pages that may call, such as `https://shop.example`; compared exactly.
package struct AllowedOrigins: Sendable {
    private let origins: [String]

    /// - Parameter origins: `*` among them is every one.
    package init(_ origins: [String]) { self.origins = origins }

    package func allow(_ origin: String) -> Bool {
        origins.contains { $0 == "*" || $0.utf8.elementsEqual(origin.utf8) }
    }
}
