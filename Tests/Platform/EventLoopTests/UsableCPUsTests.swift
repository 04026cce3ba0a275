@testable import EventLoop
import Testing

@Suite struct UsableCPUsTests {
    @Test(
        arguments: [
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

    @Test func thereIsAtLeastOneCPU() { #expect(UsableCPUs.count() >= 1) }
}

@Suite struct UsableMemoryTests {
    @Test(
        arguments: [
            (nil, nil, 1_000), ("max\n", nil, 1_000), ("268\n", nil, 268), ("2680", nil, 1_000), (nil, "512\n", 512),
            (nil, "9223372036854771712\n", 1_000), ("18446744073709551615", nil, 1_000), ("0", nil, 1_000), ("x", "7", 7),
            ("-1", nil, 1_000),
        ] as [(String?, String?, Int)])
    func theLeastLimitHolds(version2: String?, version1: String?, bytes: Int) {
        #expect(UsableMemory.usable(machine: 1_000, version2: version2, version1: version1) == bytes)
    }

    @Test func thereIsMemory() { #expect(UsableMemory.bytes() > 1 << 20) }
}
