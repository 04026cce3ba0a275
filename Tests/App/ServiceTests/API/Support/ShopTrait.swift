import Testing

/// Starts a shop for a suite, and inspects it at the end.
struct ShopTrait: SuiteTrait, TestScoping {
    let goods: [Goods]
    let environments: [[String: String]]

    /// Once for the whole suite.
    var isRecursive: Bool { false }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let shop = try Shop(goods: goods, environments: environments)
        try await Shop.$running.withValue(shop) { try await function() }
        try await shop.inspect()
    }
}

extension Trait where Self == ShopTrait {
    /// A shop with these goods; one service for each of the environments.
    static func shop(_ goods: [Goods], environments: [[String: String]] = [[:]]) -> ShopTrait {
        ShopTrait(goods: goods, environments: environments)
    }
}
