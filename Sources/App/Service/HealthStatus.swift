import CSystem
import Synchronization

/// Where the process keeps how it stands; read by every loop's `/health`, which asks nobody and so answers always.
package final class HealthStatus: Sendable {
    private let state: Mutex<HealthState>

    private let started: UInt64

    package init(started: UInt64) {
        self.started = started
        state = Mutex(HealthState(started: started))
    }

    /// The whole seconds since the process began: nothing that depends on the time alone changes within one.
    func second(at now: UInt64) -> UInt64 { now > started ? (now - started) / 1_000_000_000 : 0 }

    /// How often it was changed.
    private let changes = Atomic<UInt64>(0)

    package func update(_ change: (inout HealthState) -> Void) {
        state.withLock { change(&$0) }
        // After the change: who sees the new number finds the new state.
        changes.add(1, ordering: .releasing)
    }

    /// Changes so far: while it stays the same, so does what ``now`` says.
    var revision: UInt64 { changes.load(ordering: .acquiring) }

    package var now: HealthState { state.withLock { $0 } }
}
