import Web

/// What one look at an order's rows came to.
enum CheckoutOutcome {
    /// It is placed, or was by an earlier request with its key.
    case answered(PlacementAnswer)
    case refused(Problem)
    /// - Parameter mayRetry: whether the server can bear the same once more
    case failed(any Error, mayRetry: Bool)
}
