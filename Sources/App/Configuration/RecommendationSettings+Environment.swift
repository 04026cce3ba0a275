import Recommendations

extension RecommendationSettings {
    /// The defaults, with the settings of the environment over them.
    init(_ reader: inout SettingsReader) {
        self.init()
        support = reader.read(
            "RECOMMENDATION_SUPPORT", .integer(2...1_000_000), default: support,
            "In how many orders two products must be together, so that one is recommended for the other")
        // Units count as sold for 30 days, so an order is known for as long.
        window = reader.read(
            "RECOMMENDATION_WINDOW", .duration(.seconds(30 * 86_400) ... .seconds(3_650 * 86_400)), default: window,
            "How long an order counts for recommendations")
    }
}
