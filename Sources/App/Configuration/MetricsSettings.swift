/// The address at which Prometheus reads the metrics.
package struct MetricsSettings: Sendable {
    /// A numeric address to listen on.
    package let host: String
    package let port: UInt16

    /// Nil if no port is set: then metrics are off.
    static func read(
        _ reader: inout SettingsReader, beside server: (host: String, port: UInt16), _ process: ProcessKind
    ) -> MetricsSettings? {
        let port = reader.read(
            optional: "METRICS_PORT", .integer(1...65_535),
            "Port of `/metrics` for Prometheus; without it, metrics are off")
        let host = reader.read(
            "METRICS_HOST", .listenAddress, default: "127.0.0.1",
            "Address to listen on for METRICS_PORT; 0.0.0.0 or :: makes the metrics visible to the whole network")
        guard let port else { return nil }
        let settings = MetricsSettings(host: host, port: UInt16(clamping: port))
        let everyAddress = ["0.0.0.0", "::"]
        let meet = settings.host == server.host || !everyAddress.allSatisfy { $0 != settings.host && $0 != server.host }
        if settings.port == server.port, meet {
            let other = process == .worker ? "the worker's own WORKER_PORT" : "the shop's own PORT"
            reader.reject("METRICS_PORT", "is \(other), \(server.port)", expected: "another port")
        }
        return settings
    }
}
