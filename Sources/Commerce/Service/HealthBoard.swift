import CSystem
import Synchronization

/// Where the process keeps how it stands; read by every loop's `/health`, which asks nobody and so answers always.
package final class HealthBoard: Sendable {
    private let state: Mutex<HealthState>

    package init(started: UInt64) { state = Mutex(HealthState(started: started)) }

    package func update(_ change: (inout HealthState) -> Void) { state.withLock { change(&$0) } }

    package var now: HealthState { state.withLock { $0 } }
}
