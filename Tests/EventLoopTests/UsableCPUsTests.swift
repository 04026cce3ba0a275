@testable import EventLoop
import Testing

@Suite struct UsableCPUsTests {
    @Test(arguments: [
        ("max 100000\n", nil), ("50000 100000\n", 1), ("100000 100000\n", 1), ("150000 100000", 2), ("800000 100000", 8),
        ("", nil), ("x y", nil), ("100000", nil), ("-1 100000", nil), ("100000 0", nil), ("9223372036854775807 1", Int.max),
    ] as [(String, Int?)])
    func aQuotaOfVersion2IsRoundedUp(text: String, cpus: Int?) {
        #expect(UsableCPUs.quota(version2: text) == cpus)
    }

    @Test func aQuotaOfVersion1IsRoundedUpAndMinusOneIsNone() {
        #expect(UsableCPUs.quota(version1: "-1\n", period: "100000\n") == nil)
        #expect(UsableCPUs.quota(version1: "25000\n", period: "100000\n") == 1)
        #expect(UsableCPUs.quota(version1: "250000\n", period: "100000\n") == 3)
    }

    @Test func thereIsAlwaysOne() { #expect(UsableCPUs.count() >= 1) }
}
