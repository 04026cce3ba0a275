import Testing

@testable import Web

@Suite struct ClientConcentrationTests {
    private static let second: UInt64 = 1_000_000_000

    /// The result of a window of samples.
    private func finding(_ addresses: [String], least: Int = 100) -> ClientConcentration.Finding? {
        var concentration = ClientConcentration(interval: 1, least: least)
        for (index, address) in addresses.enumerated() {
            #expect(concentration.note(address, at: 7 + UInt64(index)) == nil)
        }
        let finding = concentration.note("after", at: 7 + 3_600 * Self.second)
        // The next window begins without counts.
        #expect(concentration.note("after", at: 8 + 7_200 * Self.second) == nil)
        return finding
    }

    @Test func aProxyWithTheRequestsOfAllClientsIsDetected() {
        #expect(
            finding(Array(repeating: "a", count: 100)) == ClientConcentration.Finding(addresses: 1, commonest: "a", percent: 100))
        let three = (0..<300).map { ["a", "b", "c"][$0 % 3] }
        #expect(finding(three)?.addresses == 3)
        #expect(finding(three)?.percent == 100)
    }

    @Test func manyClientsAreNoProxy() {
        #expect(finding((0..<1_000).map { "client \($0)" }) == nil)
        #expect(finding((0..<1_000).map { "client \($0 % 20)" }) == nil)
    }

    @Test func fewRequestsGiveNoResult() { #expect(finding(Array(repeating: "a", count: 99)) == nil) }

    @Test func aProxyIsFoundAmongOtherAddressesAndItsShareIsNotOverstated() throws {
        for share in stride(from: 70, through: 100, by: 5) {
            let requests = (0..<2_000).map { $0 % 100 < share ? "proxy" : "client \($0)" }
            let found = try #require(finding(requests))
            #expect(found.commonest == "proxy")
            #expect((share - 12...share + 2).contains(found.percent), "\(share): \(found.percent)")
        }
    }

    @Test func oneRequestOfEachIntervalIsSampled() {
        var concentration = ClientConcentration(interval: 32)
        #expect((0..<3_200).count { _ in concentration.isSample() } == 100)
    }
}
