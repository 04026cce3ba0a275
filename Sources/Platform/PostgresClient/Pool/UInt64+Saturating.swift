/// Moments and spans in nanoseconds: settings may be as large as they like.
extension UInt64 {
    /// The sum, or the greatest number where it does not fit.
    func adding(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
