import Testing

@testable import Cart

/// How two carts become one.
@Suite("Merged carts")
struct CartMergeTests {
    private func line(_ quantity: Int, maximum: Int = 999, available: Int? = 999) -> MergeLine {
        MergeLine(quantity: quantity, maximum: maximum, available: available)
    }

    @Test("a line has the larger quantity of both carts, and no more than can be bought; merging twice is the same as once")
    func quantities() {
        for own in [0, 1, 2, 5, 999] {
            for guest in [1, 2, 5, 999] {
                for available in [nil, -3, 0, 1, 3, 2_000] as [Int?] {
                    for maximum in [1, 4, 999] {
                        let mine = own == 0 ? nil : line(own, maximum: maximum, available: available)
                        let other = line(guest, maximum: maximum, available: available)
                        let merged = CartMerge.quantity(own: mine, guest: other)
                        #expect((1...maximum).contains(merged) && merged <= max(own, guest))
                        if let available, available > 0 { #expect(merged <= available) }
                        let again = CartMerge.quantity(
                            own: line(merged, maximum: maximum, available: available), guest: other)
                        #expect(again == merged)
                    }
                }
            }
        }
    }

    @Test("a cart that is full takes no further variants, and keeps those that both have")
    func room() {
        let own = Set(0..<99)
        #expect(CartMerge.taken(own: own, guest: [5, 200, 201, 7]) == [5, 200, 7])
        #expect(CartMerge.taken(own: [], guest: Array(0..<120)) == Array(0..<100))
        #expect(CartMerge.taken(own: Set(0..<100), guest: [100]) == [])
    }
}
