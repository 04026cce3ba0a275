import Testing
import TestSupport
import Web

@testable import Cart

@Suite("Cart rules")
struct CartRulesTests {
    /// The code of the problem that `body` throws; nil without one.
    private func code(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return (error as? Problem)?.kind.code ?? "\(error)"
        }
    }

    private func condition(_ values: String...) throws -> EntityTagCondition { try #require(EntityTagCondition(values)) }

    @Test(
        "only an active cart can be changed",
        arguments: [
            (CartStatus.active, nil), (.converted, "cart_converted"), (.merged, "cart_merged"), (.expired, "cart_expired"),
            (.unknown("held"), "conflict"),
        ] as [(CartStatus, String?)])
    func status(status: CartStatus, problem: String?) throws {
        #expect(code { try CartRules.checkWritable(status: status, version: 3, expected: nil) } == problem)
        // The status is checked before the version.
        let other = try condition("\"2.x\"")
        #expect(
            code { try CartRules.checkWritable(status: status, version: 3, expected: other) } == problem ?? "precondition_failed")
    }

    @Test(
        "If-Match compares only the version",
        arguments: [
            ("\"3.abc\"", true), ("\"3.other\"", true), ("*", true), ("\"1.x\", \"3.y\"", true), ("\"2.abc\"", false),
            ("\"33.abc\"", false),
            ("\"3\"", false), ("W/\"3.abc\"", false), ("\"-3.abc\"", false), ("\"abc\"", false),
            ("\"99999999999999999999.x\"", false),
        ])
    func versions(field: String, holds: Bool) throws {
        let expected = try condition(field)
        #expect(
            code { try CartRules.checkWritable(status: .active, version: 3, expected: expected) }
                == (holds ? nil : "precondition_failed"))
    }

    @Test("an addition ends at 999") func adding() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<5_000 {
            let count = Int.random(in: 1...999, using: &random)
            let present = Bool.random(using: &random) ? nil : Int.random(in: 1...999, using: &random)
            let lines = Int.random(in: (present == nil ? 0 : 1)...100, using: &random)
            let sum = (present ?? 0) + count
            let fits = sum <= 999 && (present != nil || lines < 100)
            if fits {
                #expect(try CartRules.adding(count, to: present, lines: lines) == sum)
            } else {
                #expect(code { _ = try CartRules.adding(count, to: present, lines: lines) } == "invalid")
            }
        }
        #expect(code { _ = try CartRules.adding(.max, to: 1, lines: 1) } == "invalid")
    }

    @Test("the error names the quantity or the number of lines") func pointers() {
        func pointer(_ count: Int, _ present: Int?, _ lines: Int) -> InputError.Place? {
            do {
                _ = try CartRules.adding(count, to: present, lines: lines)
                return nil
            } catch { return error.errors.first?.place }
        }
        #expect(pointer(999, 1, 1) == .pointer("/quantity"))
        #expect(pointer(1, nil, 100) == .pointer("/sku"))
        #expect(pointer(1, 1, 100) == nil)
        #expect(pointer(999, nil, 99) == nil)
    }

    @Test("a status that a later release has written is kept, also past the cart's time") func unknownStatus() {
        for status in [CartStatus.active, .converted, .merged, .expired] {
            #expect(CartStatus(rawValue: status.rawValue) == status)
        }
        for text in ["held", "", "Active"] {
            #expect(CartStatus(rawValue: text) == .unknown(text) && CartStatus(rawValue: text).rawValue == text)
            #expect(CartStatus(rawValue: text, isPastExpiry: true) == .unknown(text))
        }
        #expect(CartStatus(rawValue: "active", isPastExpiry: true) == .expired)
        #expect(CartStatus(rawValue: "converted", isPastExpiry: true) == .converted)
    }
}
