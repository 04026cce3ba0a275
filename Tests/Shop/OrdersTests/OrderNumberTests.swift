import TestSupport
import Testing

@testable import Orders

@Suite("Order number")
struct OrderNumberTests {
    @Test("a number is read in upper and lower case") func roundTrip() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<5_000 {
            let number = OrderNumber.make(random: random.next())
            #expect(OrderNumber.parse(number) == number)
            #expect(OrderNumber.parse(number.lowercased()) == number)
        }
    }

    @Test("a number is read with hyphens, spaces and look-alike letters") func folding() {
        var random = SeededGenerator(seed: 4)
        var spellings = 0
        for _ in 0..<5_000 {
            let number = OrderNumber.make(random: random.next())
            var typed = ""
            for symbol in number where symbol != "-" {
                var choices = [symbol, symbol.lowercased().first ?? symbol]
                if symbol == "0" { choices += ["O", "o"] }
                if symbol == "1" { choices += ["I", "i", "L", "l"] }
                typed += ["", "", "", "-", " ", " - "].randomElement(using: &random) ?? ""
                typed.append(choices.randomElement(using: &random) ?? symbol)
            }
            guard typed.utf8.count <= 32 else { continue }
            spellings += 1
            #expect(OrderNumber.parse(typed) == number, "\(typed)")
        }
        #expect(spellings > 4_000)
    }

    @Test("all fifty bits are used, and each character can be any of 32") func bits() {
        var random = SeededGenerator(seed: 2)
        var numbers: Set<String> = []
        var characters = [Set<Character>](repeating: [], count: 11)
        for _ in 0..<5_000 {
            let number = OrderNumber.make(random: random.next())
            numbers.insert(number)
            for (place, character) in number.enumerated() { characters[place].insert(character) }
        }
        #expect(numbers.count == 5_000)
        #expect(characters.map(\.count) == [32, 32, 32, 32, 32, 1, 32, 32, 32, 32, 32])
        let base = random.next()
        let changed = Set((0..<50).map { OrderNumber.make(random: base ^ (1 << $0)) })
        #expect(changed.count == 50 && !changed.contains(OrderNumber.make(random: base)))
    }

    @Test(
        "other texts are not numbers",
        arguments: [
            "", " ", "----------", "K7Q4M-2X9H", "K7Q4M-2X9HBB", "K7Q4M_2X9HB", "U7Q4M-2X9HB", "K7Q4M-2X9H ",
            "K7Q4M-2X9HB                              -",
            "K7Q4M\t2X9HB", "K7Q4M+2X9HB", "K7Q4M-2X9Hé", "K7Q4M-2X9H\0", "K7Q4M‐2X9HB", "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21",
        ])
    func refused(text: String) {
        #expect(OrderNumber.parse(text) == nil)
    }

    @Test("random texts do no harm") func hostile() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<10_000 {
            let text = random.text(upTo: 12, from: "K7-ßıſéﬁ\u{301}\u{1F9FA}")
            if let number = OrderNumber.parse(text) { #expect(OrderNumber.parse(number) == number) }
        }
    }
}
