/// In whose company an order is placed.
enum CheckoutLane: String, CaseIterable {
    /// With all that wait at the time, in one transaction.
    case together
    /// By itself, since its neighbours could not be placed with it.
    case alone
    /// By itself, waiting for stock that somebody holds for long; one order for each such SKU at a time.
    case patient
}
