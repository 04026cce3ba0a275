import Formats

/// The days of the generated shop. Fixed, not now: the same seed makes the same rows whenever it is asked.
enum GeneratedTime {
    /// 2024-01-01T00:00:00Z
    static let opening = Timestamp(microseconds: 1_704_067_200_000_000)
    /// 2026-01-01T00:00:00Z
    static let end = Timestamp(microseconds: 1_767_225_600_000_000)

    /// The moment at which the `index`th of `count` things happened that are spread evenly over the time between.
    static func moment(_ index: Int, of count: Int) -> Timestamp {
        let span = Double(end.microseconds - opening.microseconds)
        return Timestamp(microseconds: opening.microseconds + Int64(span * (Double(index) + 0.5) / Double(max(1, count))))
    }
}
