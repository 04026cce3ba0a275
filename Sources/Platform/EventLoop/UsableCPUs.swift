import CSystem
import Glibc

/// The number of CPUs that this process may use: its affinity, and the quota of its control group, which Dispatch ignores.
package enum UsableCPUs {
    /// At least 1; a fraction of a CPU counts as a whole one.
    package static func count() -> Int {
        var usable = Int(csystem_affinity_count())
        if let quota = quota(version2: contents("/sys/fs/cgroup/cpu.max"))
            ?? quota(
                version1: contents("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
                period: contents("/sys/fs/cgroup/cpu/cpu.cfs_period_us"))
        {
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

    fileprivate static func contents(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 128)
        guard fgets(&buffer, Int32(buffer.count), file) != nil else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// The memory that this process may use: the limit of its control group, and that of the machine.
package enum UsableMemory {
    /// In bytes.
    package static func bytes() -> Int {
        let machine = Int(clamping: Int64(sysconf(Int32(_SC_PHYS_PAGES)))) * max(0, sysconf(Int32(_SC_PAGESIZE)))
        return usable(
            machine: max(0, machine), version2: UsableCPUs.contents("/sys/fs/cgroup/memory.max"),
            version1: UsableCPUs.contents("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
    }

    /// - Parameters:
    ///   - machine: the machine's memory in bytes
    ///   - version2: `memory.max` of control groups version 2, bytes or "max"
    ///   - version1: `memory.limit_in_bytes` of version 1, where no limit is a number greater than any machine's memory
    static func usable(machine: Int, version2: String?, version1: String?) -> Int {
        let limit = [version2, version1].compactMap { text -> Int? in
            guard let digits = text?.filter({ !$0.isWhitespace }), let bytes = UInt64(digits), bytes > 0 else { return nil }
            return Int(clamping: bytes)
        }.first
        return min(limit ?? machine, machine)
    }
}
