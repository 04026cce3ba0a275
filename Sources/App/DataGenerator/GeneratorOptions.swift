import Formats

/// The size of the shop to generate.
package struct GeneratorOptions: Sendable {
    package let products: Int
    package let orders: Int
    /// The same seed and period make the same shop to the last byte; another seed makes another shop.
    package let seed: UInt64
    package let period: GeneratedPeriod
    /// Whether to add to a database that has products already.
    package let force: Bool

    /// - Parameters:
    ///   - products: At least one.
    ///   - orders: 0 or more.
    package init(products: Int, orders: Int, seed: UInt64 = 1, period: GeneratedPeriod = .untilToday, force: Bool = false) {
        self.products = max(1, products)
        self.orders = max(0, orders)
        self.seed = seed
        self.period = period
        self.force = force
    }
}

/// The two years in which the generated shop did its business.
package struct GeneratedPeriod: Equatable, Sendable {
    package let opening: Timestamp
    package let end: Timestamp

    /// - Parameter until: The day at whose beginning (UTC) it ends.
    package init(until date: CivilDate) {
        end = Timestamp(seconds: Int64(date.daysSince1970) * 86_400)
        opening = end - Self.length
    }

    /// Ends with the last whole day: what counts recent sales finds some, and the shop is the same for the rest of the day.
    package static var untilToday: GeneratedPeriod {
        GeneratedPeriod(until: CivilDate(daysSince1970: Int(Timestamp.now.microseconds / 86_400_000_000)))
    }

    private static let length = Duration.seconds(731 * 86_400)

    /// The time of one of `count` events that are spread evenly over the whole period.
    func moment(_ index: Int, of count: Int) -> Timestamp {
        let span = Double(end.microseconds - opening.microseconds)
        return Timestamp(microseconds: opening.microseconds + Int64(span * (Double(index) + 0.5) / Double(max(1, count))))
    }
}
