import CSystem
import Formats
import Migrations
import PostgresClient
import RedisClient
import Synchronization

/// The health of the process, shared by all loops. `/health` only reads it and asks no dependency, so it can always answer.
package final class HealthStatus: Sendable {
    private let state: Mutex<HealthState>
    private let started: UInt64
    private let changes = Atomic<UInt64>(0)

    /// - Parameter started: The start of the process, in nanoseconds of the monotonic clock.
    package init(started: UInt64) {
        self.started = started
        state = Mutex(HealthState(started: started))
    }

    /// The whole seconds since the process started. Within one second, nothing changes that depends on the time alone.
    func second(at now: UInt64) -> UInt64 { now > started ? (now - started) / 1_000_000_000 : 0 }

    package func update(_ change: (inout HealthState) -> Void) {
        state.withLock { change(&$0) }
        // After the change: a reader that sees the new number also sees the new state.
        changes.add(1, ordering: .releasing)
    }

    /// The number of changes so far. While it stays the same, so does ``now``.
    var revision: UInt64 { changes.load(ordering: .acquiring) }

    package var now: HealthState { state.withLock { $0 } }
}

/// The health of the service as load balancers and operators see it.
package struct HealthState: Sendable {
    /// The last check of a dependency.
    struct Check: Sendable, Equatable {
        let isUp: Bool
        /// The time until the answer, in nanoseconds.
        let latency: UInt64
    }

    enum Schema: Sendable {
        case unknown
        case behind
        case current
    }

    enum Status: String, Sendable {
        case ok
        case degraded
        case starting
        case schemaBehind = "schema_behind"
        case draining

        /// Whether load balancers send requests. A dependency that is down is no reason to stop: it would take the whole fleet
        /// out at once, with everything that still works.
        var isServing: Bool { self == .ok || self == .degraded }
    }

    /// The start of the process, in nanoseconds of the monotonic clock.
    let started: UInt64
    var isDraining = false
    var schema = Schema.unknown
    var postgres: Check?
    /// Nil if no replica is configured, or before its first check.
    var replica: ReplicaStatus?
    /// Nil if no Redis is configured, or before its first check.
    var redis: Check?
    /// The state of the circuit breaker for Redis; nil if no Redis is configured.
    var breaker: BreakerPhase?
    /// Nil if the process has no worker.
    var worker: Worker?

    /// How long a service that has not reached its database counts as starting, in nanoseconds. After that it serves what it
    /// can: a fleet that restarts during an outage must not be killed again and again.
    static let startLimit: UInt64 = 10_000_000_000

    init(started: UInt64) { self.started = started }

    func status(at now: UInt64) -> Status {
        if isDraining { return .draining }
        if schema == .behind { return .schemaBehind }
        if schema == .unknown, age(now) < Self.startLimit { return .starting }
        let isHealthy = postgres?.isUp == true && redis?.isUp != false && schema == .current
        let isReplicaHealthy = replica == nil || replica?.phase == .ok
        return isHealthy && isReplicaHealthy && worker?.isLate(at: now) != true ? .ok : .degraded
    }

    /// Whether a container runtime should let the process run on.
    func isLive(at now: UInt64) -> Bool { worker?.isLive(at: now) ?? true }

    func json(at now: UInt64, version: String) -> [UInt8] {
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        json.field("status", status(at: now).rawValue)
        json.field("version", version)
        json.field("uptime_seconds", age(now) / 1_000_000_000)
        json.key("checks")
        json.beginObject()
        if let postgres { write("postgres", postgres.isUp ? "ok" : "down", postgres.latency, to: &json) }
        if let replica { write("postgres_replica", replica.phase.rawValue, replica.latency, to: &json) }
        if let redis { write("redis", redis.isUp ? "ok" : "down", redis.latency, breaker: breaker, to: &json) }
        if let worker {
            json.key("worker")
            json.beginObject()
            json.field("status", worker.isLate(at: now) ? "stuck" : "ok")
            json.endObject()
        }
        json.endObject()
        json.endObject()
        return json.finish()
    }

    private func write(
        _ name: StaticString, _ status: String, _ latency: UInt64, breaker: BreakerPhase? = nil, to json: inout JSONWriter
    ) {
        json.key(name)
        json.beginObject()
        json.field("status", status)
        json.key("latency_ms")
        // Thousandths, without floating point.
        json.raw { bytes in
            bytes.append(decimal: latency / 1_000_000)
            bytes.append(UInt8(ascii: "."))
            bytes.append(padded: latency / 1_000 % 1_000, digits: 3)
        }
        if let breaker { json.field("breaker", breaker.rawValue) }
        json.endObject()
    }

    private func age(_ now: UInt64) -> UInt64 { now > started ? now - started : 0 }
}
