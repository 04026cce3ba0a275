import Testing

@testable import Web

@Suite struct RequestIDTests {
    @Test(arguments: ["a", "A-1._z", "0190f3c2-7b1a-7cc1-8a3e-5d2f9b1c0a11", String(repeating: "x", count: 128)])
    func aSaneIDIsKept(id: String) {
        #expect(RequestID.choose(Array(id.utf8)[...]) == id)
    }

    @Test(arguments: ["", " ", "a b", "a,b", "a\"b", "é", "a\tb", "{x}", "a/b", String(repeating: "x", count: 129)])
    func anyOtherIsReplaced(id: String) {
        let chosen = RequestID.choose(Array(id.utf8)[...])
        #expect(chosen != id)
        #expect(UUIDText.isVersion7(chosen))
    }

    @Test func everyByteButLettersDigitsAndThreeMarksIsOdd() {
        let sane = (UInt8.min...UInt8.max).filter { RequestID.isSane([$0]) }
        #expect(String(decoding: sane, as: UTF8.self)
            == "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
    }

    @Test func newOnesDiffer() {
        #expect(Set((0..<1_000).map { _ in RequestID.choose(nil) }).count == 1_000)
    }
}
