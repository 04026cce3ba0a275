import CSystem

extension HealthState {
    /// Whether the worker of the process does its work, by its passes over it every two seconds.
    ///
    /// A pass is on time if it was done, or if it failed for a reason that a new process would meet as well: the database does
    /// not answer, or lacks migrations. Without a pass on time for ``stallTimeout``, the worker is late, and `/health` says so.
    ///
    /// `/health/live` fails then if the process is a worker only. A process that serves requests too is ended only if its worker
    /// has made no pass at all for that time: its loop or its task hangs, which only a new process mends. Passes that fail while
    /// the database answers, perhaps because of a lock, must not take the shop's whole fleet down.
    struct Worker: Sendable {
        /// In nanoseconds.
        private let stallTimeout: UInt64
        /// Whether the process does nothing else.
        private let isAlone: Bool
        /// When a pass ended last, in nanoseconds of the monotonic clock; at first, the start.
        private var ended: UInt64
        /// The same for passes on time.
        private var onTime: UInt64

        init(stallTimeout: Duration, isAlone: Bool, now: UInt64 = csystem_monotonic()) {
            self.stallTimeout = stallTimeout.nanosecondsClamped
            self.isAlone = isAlone
            ended = now
            onTime = now
        }

        mutating func reported(_ report: WorkerReport, at now: UInt64 = csystem_monotonic()) {
            ended = now
            if report != .failed { onTime = now }
        }

        func isLate(at now: UInt64) -> Bool { isOver(onTime, at: now) }

        func isLive(at now: UInt64) -> Bool { !isOver(isAlone ? onTime : ended, at: now) }

        private func isOver(_ last: UInt64, at now: UInt64) -> Bool { now > last && now - last > stallTimeout }
    }

    /// What a process that is only a worker knows of the database: its passes tell.
    mutating func reported(_ report: WorkerReport, at now: UInt64 = csystem_monotonic()) {
        worker?.reported(report, at: now)
        switch report {
        case .done(let latency):
            postgres = Check(isUp: true, latency: latency)
            schema = .current
        case .databaseDown: postgres = Check(isUp: false, latency: 0)
        case .schemaBehind: schema = .behind
        case .failed: break
        }
    }
}
