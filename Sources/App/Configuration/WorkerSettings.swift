/// The worker, which relays events and runs jobs: in `commerce serve`, or as a process of its own.
package struct WorkerSettings: Sendable {
    /// Where the worker of `commerce serve` runs.
    package enum Mode: String, CaseIterable, Sendable {
        case embedded, off
    }

    package let mode: Mode
    /// The port of `/health` and `/health/live` of `commerce worker`.
    package let port: UInt16
    /// The most connections of one worker to PostgreSQL.
    package let connections: Int
    /// How long a worker may manage no pass over its work, while the database answers, before it counts as stuck.
    package let stallTimeout: Duration

    init(_ reader: inout SettingsReader) {
        mode = reader.read(
            "WORKER", .choice, default: .embedded,
            "Where events are relayed and jobs run: embedded is in `commerce serve` itself; off is in `commerce worker` only")
        port = UInt16(
            clamping: reader.read(
                "WORKER_PORT", .integer(1...65_535), default: 8081,
                "Port of `/health` and `/health/live` of `commerce worker`, which listens on HOST"))
        connections = reader.read(
            "WORKER_DATABASE_POOL_MAX", .integer(3...1_000), default: 4,
            "Maximum connections of a worker, beside those of DATABASE_POOL_MAX")
        stallTimeout = reader.read(
            "WORKER_STALL_TIMEOUT", .duration(.seconds(15) ... .seconds(3_600)), default: .seconds(60),
            "A worker that manages no pass over its work for this time, while the database answers, is reported as stuck: "
                + "`commerce worker` fails `/health/live`")
    }
}
