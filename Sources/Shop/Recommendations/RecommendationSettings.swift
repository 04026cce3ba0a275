/// When two products count as bought together.
package struct RecommendationSettings: Sendable, Equatable {
    /// In how many orders both must be, at least; 2 or more.
    package var support = 3
    /// How long an order counts.
    package var window = Duration.seconds(180 * 86_400)

    package init() {}
}
