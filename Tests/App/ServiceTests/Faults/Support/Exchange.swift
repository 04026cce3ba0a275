import TestSupport

/// One request of a load, and what became of it.
struct Exchange: Sendable {
    enum Kind: Sendable {
        /// A product or a list that is requested again and again.
        case warm
        /// A list that was never requested before.
        case cold
        case cart
        case order
        case health
        case live
    }

    let kind: Kind
    let began: ContinuousClock.Instant
    let ended: ContinuousClock.Instant
    /// Nil where there was no answer: then `fault` says why.
    let answer: Answer?
    let fault: String

    var status: Int { answer?.status ?? 0 }
    var duration: Duration { ended - began }

    /// Whether it did what was asked.
    var isSuccess: Bool { (200..<300).contains(status) }

    /// Whether the response properly tells a client to try again: 503 as RFC 9457 and RFC 9110 §10.2.3 have it, or that the same
    /// key is still in flight.
    var isPostponed: Bool {
        guard let answer, answer.header("Content-Type") == "application/problem+json" else { return false }
        guard let seconds = answer.header("Retry-After").flatMap(Int.init), seconds > 0 else { return false }
        return answer.status == 503 || answer.code == "idempotency_in_flight"
    }
}

extension Exchange: CustomStringConvertible {
    var description: String {
        let what = answer.map { "\($0.status) \($0.response.text.prefix(200))" } ?? fault
        return "\(kind) after \(duration): \(what)"
    }
}

extension [Exchange] {
    func of(_ kinds: Exchange.Kind...) -> [Exchange] { filter { kinds.contains($0.kind) } }

    /// Those that began and ended in between.
    func within(_ span: ClosedRange<ContinuousClock.Instant>) -> [Exchange] {
        filter { span.contains($0.began) && span.contains($0.ended) }
    }

    var slowest: Duration { map(\.duration).max() ?? .zero }
}
