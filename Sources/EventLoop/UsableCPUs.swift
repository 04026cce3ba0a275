import CSystem
import Glibc

/// How many CPUs this process may use: its affinity and its control group's quota, which Dispatch does not count.
package enum UsableCPUs {
    /// At least 1; a fraction of a CPU counts as a whole one.
    package static func count() -> Int {
        var usable = Int(csystem_affinity_count())
        if let quota = quota(version2: contents("/sys/fs/cgroup/cpu.max"))
            ?? quota(version1: contents("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
                     period: contents("/sys/fs/cgroup/cpu/cpu.cfs_period_us")) {
            usable = min(usable, quota)
        }
        return max(1, usable)
    }

    /// `cpu.max` of control groups version 2: "quota period" in microseconds, or "max period".
    static func quota(version2 text: String?) -> Int? {
        guard let parts = text?.split(whereSeparator: \.isWhitespace), parts.count == 2 else { return nil }
        return quota(parts[0], period: parts[1])
    }

    /// `cpu.cfs_quota_us` and `cpu.cfs_period_us` of version 1; a quota of -1 is none.
    static func quota(version1 quotaText: String?, period: String?) -> Int? {
        guard let quotaText, let period else { return nil }
        return quota(quotaText.filter { !$0.isWhitespace }[...], period: period.filter { !$0.isWhitespace }[...])
    }

    private static func quota(_ quota: Substring, period: Substring) -> Int? {
        guard let quota = Int64(quota), let period = Int64(period), quota > 0, period > 0 else { return nil }
        return Int(clamping: max(1, quota / period + (quota % period == 0 ? 0 : 1)))
    }

    private static func contents(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 128)
        guard fgets(&buffer, Int32(buffer.count), file) != nil else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
