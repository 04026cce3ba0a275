import CSystem
import Formats
import Glibc
import Prometheus

/// The metrics of the process (proc(5)), under the names that all Prometheus clients use. A metric that cannot be read, for
/// example because no file descriptor is left, is left out.
struct ProcessMetrics: Sendable {
    private let started: Double

    /// Called at the start of the process.
    init() { started = Double(Timestamp.now.microseconds) / 1_000_000 }

    func read() -> [CollectedMetric] {
        var metrics = [
            CollectedMetric(
                "process_start_time_seconds", "When the process started, in seconds since 1970.", .gauge, started),
            CollectedMetric("process_cpu_seconds_total", "CPU time of user and system.", .counter, cpuSeconds()),
            CollectedMetric(
                "process_max_fds", "Maximum number of open file descriptors.", .gauge, Double(csystem_open_files_limit())),
        ]
        if let (size, resident) = memory() {
            metrics.append(CollectedMetric("process_virtual_memory_bytes", "Size of the address space.", .gauge, size))
            metrics.append(CollectedMetric("process_resident_memory_bytes", "Resident memory.", .gauge, resident))
        }
        if let count = openDescriptors() {
            metrics.append(CollectedMetric("process_open_fds", "Open file descriptors.", .gauge, Double(count)))
        }
        return metrics
    }

    /// More exact than the hundredths of a second in `/proc/self/stat`.
    private func cpuSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
    }

    /// The first two numbers of `/proc/self/statm`, which are pages.
    private func memory() -> (size: Double, resident: Double)? {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        let numbers = String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: " ").prefix(2).compactMap {
            Double($0)
        }
        let page = Double(sysconf(Int32(_SC_PAGESIZE)))
        guard numbers.count == 2, page > 0 else { return nil }
        return (numbers[0] * page, numbers[1] * page)
    }

    private func openDescriptors() -> Int? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Without `.`, `..` and the descriptor of the directory itself.
        return max(0, count - 3)
    }
}
