/// What one client may hold of the stock without having paid for it, so that no one can reserve the whole shop.
package struct HoldLimits: Sendable, Equatable {
    /// The most orders of one client that are open and not paid.
    package var ordersPerClient = 10
    /// The same of one e-mail address. More than of a client, so that one client alone cannot shut out the owner of an address.
    package var ordersPerEmail = 20
    /// The most pieces that one client's unpaid orders hold together.
    package var unitsPerClient = 500
    package var unitsPerEmail = 1_000
    /// The most of a variant's stock that one client's unpaid orders hold, in percent.
    package var share = 20
    /// How many pieces of a variant a client may hold whatever its share comes to: a shopper may buy the last ones.
    package var pieces = 5

    package init() {}

    /// How many pieces of a variant a client may hold, where there are so many: at least 1.
    func pieces(ofStock onHand: Int) -> Int {
        guard share < 100 else { return Int.max }
        let (product, overflow) = max(0, onHand).multipliedReportingOverflow(by: share)
        return max(overflow ? onHand : product / 100, pieces, 1)
    }
}
