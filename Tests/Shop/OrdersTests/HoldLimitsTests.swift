import Formats
import Foundation
import TestSupport
import Testing
import Web

@testable import Money
@testable import Orders

@Suite("Limits on unpaid orders")
struct HoldLimitsTests {
    private func line(_ number: Int, _ quantity: Int) -> OrderLine {
        OrderLine(
            variant: UUID(high: 1, low: UInt64(number)), product: UUID(high: 2, low: 1), sku: "S\(number)", name: "S",
            options: [],
            image: nil, quantity: quantity, unitPrice: Money(1, "USD"), tax: Money(0, "USD"), total: Money(Int64(quantity), "USD")
        )
    }

    private func limits(orders: Int = 1_000, units: Int = 100_000, share: Int = 20, pieces: Int = 3) -> HoldLimits {
        var limits = HoldLimits()
        (limits.ordersPerClient, limits.ordersPerEmail, limits.unitsPerClient, limits.unitsPerEmail) = (
            orders, orders, units, units
        )
        (limits.share, limits.pieces) = (share, pieces)
        return limits
    }

    private func code(_ holdings: Holdings, _ lines: [OrderLine], _ holder: Holder, _ limits: HoldLimits, onHand: Int) -> String?
    {
        do { try holdings.check(lines, of: holder, limits) { _ in onHand } } catch { return error.kind.code }
        return nil
    }

    @Test(
        "a client can hold a fifth of the stock, or five units where that is more",
        arguments: [(0, 5), (1, 5), (5, 5), (6, 5), (25, 5), (29, 5), (30, 6), (100, 20), (5_190, 1_038)])
    func share(onHand: Int, expected: Int) {
        #expect(HoldLimits().pieces(ofStock: onHand) == expected)
    }

    @Test("a share of 100 percent is no limit") func whole() {
        #expect(limits(share: 100).pieces(ofStock: 3) == .max)
        #expect(limits(share: 99).pieces(ofStock: .max) > 1_000)
    }

    @Test("no sequence of orders exceeds the limits of a client, an e-mail address or a variant") func model() {
        var random = SeededGenerator(seed: 3)
        var refusals: [String: Int] = [:]
        for _ in 0..<300 {
            let onHand = Int.random(in: 1...60, using: &random)
            let limits = limits(
                orders: Int.random(in: 1...6, using: &random), units: Int.random(in: 1...30, using: &random),
                share: Int.random(in: 1...99, using: &random), pieces: Int.random(in: 1...5, using: &random))
            var holdings = Holdings()
            var placed: [(holder: Holder, lines: [OrderLine])] = []
            for _ in 0..<40 {
                let holder = Holder(
                    client: [UInt8.random(in: 0...2, using: &random)], email: [9, UInt8.random(in: 0...2, using: &random)])
                let lines = (0..<3).shuffled(using: &random).prefix(Int.random(in: 1...2, using: &random))
                    .map { line($0, Int.random(in: 1...8, using: &random)) }
                let refusal = code(holdings, lines, holder, limits, onHand: onHand)
                let added = lines.reduce(0) { $0 + $1.quantity }
                func exceeds(_ mine: [(holder: Holder, lines: [OrderLine])], _ orders: Int, _ units: Int) -> Bool {
                    mine.count + 1 > orders || mine.flatMap(\.lines).reduce(added) { $0 + $1.quantity } > units
                }
                let ofClient = placed.filter { $0.holder.client == holder.client }
                let ofEmail = placed.filter { $0.holder.email == holder.email }
                let isTooMuch =
                    exceeds(ofClient, limits.ordersPerClient, limits.unitsPerClient)
                    || exceeds(ofEmail, limits.ordersPerEmail, limits.unitsPerEmail)
                    || lines.contains { line in
                        ofClient.flatMap(\.lines).filter { $0.variant == line.variant }.reduce(line.quantity) { $0 + $1.quantity }
                            > limits.pieces(ofStock: onHand)
                    }
                #expect((refusal != nil) == isTooMuch)
                refusals[refusal ?? "placed", default: 0] += 1
                if refusal == nil {
                    holdings.add(lines, of: holder)
                    placed.append((holder, lines))
                }
            }
        }
        for outcome in ["placed", "open_orders_limit", "held_units_limit", "held_share_limit"] {
            #expect(refusals[outcome] ?? 0 > 100, "\(outcome)")
        }
    }

    @Test("all spellings of an e-mail address are one holder; its hash depends on the key") func holder() {
        let policy = HoldPolicy(HoldLimits(), keys: EncryptionKeys(secret: "a secret of thirty-two characters"))
        let other = HoldPolicy(HoldLimits(), keys: EncryptionKeys(secret: "another secret of 32 characters!"))
        let one = policy.holder(client: "192.0.2.1", email: "ada@example.com")
        #expect(policy.holder(client: "192.0.2.1", email: "Ada+shop@EXAMPLE.com") == one)
        #expect(policy.holder(client: "192.0.2.2", email: "ada@example.com").email == one.email)
        #expect(policy.holder(client: "192.0.2.2", email: "ada@example.com").client != one.client)
        #expect(policy.holder(client: "192.0.2.1", email: "bob@example.com").email != one.email)
        #expect(other.holder(client: "192.0.2.1", email: "ada@example.com").client != one.client)
        #expect(other.holder(client: "192.0.2.1", email: "ada@example.com").email != one.email)
        #expect(one.client.count == 16 && one.email.count == 16 && one.client != one.email)
        #expect(EmailAddress.normalized("+x@example.com") == "+x@example.com")
        for spelling in ["A.da@gmail.com", "ada@GoogleMail.com", "a.d.a+1@gmail.com", "ada+\u{301}2@gmail.com"] {
            #expect(
                policy.holder(client: "192.0.2.1", email: spelling) == policy.holder(client: "192.0.2.1", email: "ada@gmail.com"),
                "\(spelling)")
        }
        // For other providers, dots make different mailboxes.
        #expect(EmailAddress.normalized("A.da@example.com") == "a.da@example.com")
        #expect(EmailAddress.normalized("a.da@mail.gmail.com") == "a.da@mail.gmail.com")
    }
}
