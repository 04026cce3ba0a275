import Testing

@testable import Web

@Suite struct RequestIDTests {
    private func choose(_ sent: String) -> String {
        var source = RequestIDSource()
        return RequestID.choose(Array(sent.utf8)[...], else: &source)
    }

    @Test(arguments: ["a", "A-1._z", "0190f3c2-7b1a-7cc1-8a3e-5d2f9b1c0a11", String(repeating: "x", count: 128)])
    func aSaneIDIsKept(id: String) {
        #expect(choose(id) == id)
    }

    @Test(arguments: ["", " ", "a b", "a,b", "a\"b", "é", "a\tb", "{x}", "a/b", String(repeating: "x", count: 129)])
    func anyOtherIsReplaced(id: String) {
        let chosen = choose(id)
        #expect(chosen != id)
        #expect(UUIDText.isVersion7(chosen))
    }

    @Test func onlyLettersDigitsAndThreePunctuationMarksAreValid() {
        let sane = (UInt8.min...UInt8.max).filter { RequestID.isValid([$0]) }
        #expect(
            String(decoding: sane, as: UTF8.self)
                == "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
    }

    @Test func newIDsDiffer() {
        var (one, other) = (RequestIDSource(), RequestIDSource())
        let ids = (0..<10_000).flatMap { _ in [one.next(), other.next()] }
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy(UUIDText.isVersion7))
    }
}
