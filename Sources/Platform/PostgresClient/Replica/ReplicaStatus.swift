/// How a replica stands, as somebody who watches the service wants to know it.
package struct ReplicaStatus: Equatable, Sendable {
    package enum Phase: String, Equatable, Sendable {
        /// It is read from.
        case ok
        /// It answers, and lags too much, or is no replica.
        case behind
        case down
    }

    package let phase: Phase
    /// How long its last answer took, or for how long it has given none, in nanoseconds.
    package let latency: UInt64

    package init(phase: Phase, latency: UInt64) {
        self.phase = phase
        self.latency = latency
    }
}
