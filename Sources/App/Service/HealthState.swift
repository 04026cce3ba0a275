import Migrations
import Formats
import PostgresClient
import RedisClient

/// How the service stands, as a load balancer and an operator want to know it: a pure value.
package struct HealthState: Sendable {
    /// What a dependency last did.
    struct Check: Sendable, Equatable {
        let isUp: Bool
        /// How long it took to answer, in nanoseconds.
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

        /// A dependency's trouble is no reason to take the service out of the load balancer: all of the fleet would
        /// go at once, and with it what still works.
        var isServing: Bool { self == .ok || self == .degraded }
    }

    /// When the process began, in nanoseconds of the monotonic clock.
    let started: UInt64
    var isDraining = false
    var schema = Schema.unknown
    var postgres: Check?
    /// Nil where there is none configured, or none was asked yet.
    var replica: ReplicaStatus?
    /// The same.
    var redis: Check?
    /// Whether the breaker before it lets commands through; nil where there is no Redis.
    var breaker: BreakerPhase?

    /// How long a service that has not reached its database counts as starting, in nanoseconds. After that it serves
    /// what it can: a fleet that restarts during an outage must not be killed for it again and again.
    static let patience: UInt64 = 10_000_000_000

    init(started: UInt64) { self.started = started }

    func status(at now: UInt64) -> Status {
        if isDraining { return .draining }
        if schema == .behind { return .schemaBehind }
        if schema == .unknown, age(now) < Self.patience { return .starting }
        let isWell = postgres?.isUp == true && redis?.isUp != false && schema == .current
        let isReplicaWell = replica == nil || replica?.phase == .ok
        return isWell && isReplicaWell ? .ok : .degraded
    }

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
