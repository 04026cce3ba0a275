/// A receiver of events: a webhook, the mail server, a queue. Confined to its loop.
///
/// It does not retry: the relay does, by ``RetrySchedule``, and it delivers the events of one aggregate one after another.
package protocol DeliveryTarget {
    /// How many events one call may have; 1 for most.
    var largestBatch: Int { get }
    /// How many calls may be in progress at a time.
    var concurrency: Int { get }

    /// Attempts to deliver events, each of another aggregate.
    /// - Returns: the outcome of each, in their order. Not thrown: a failure is an outcome.
    func deliver(_ events: [Event]) async -> [DeliveryOutcome]
}

extension DeliveryTarget {
    package var largestBatch: Int { 1 }
    package var concurrency: Int { 16 }
}

/// How an attempt to deliver an event has ended.
package enum DeliveryOutcome: Sendable {
    /// The target has taken the event.
    case delivered(DeliveryReport)
    /// The target may take it later. `retryAfter`: as the target has said.
    case failed(DeliveryReport, retryAfter: Duration? = nil)
    /// The target will never take this event; others it may.
    case refused(DeliveryReport)
    /// The target wants no events any more. It is disabled.
    case gone(DeliveryReport)

    package var report: DeliveryReport {
        switch self {
        case .delivered(let report), .failed(let report, _), .refused(let report), .gone(let report): report
        }
    }
}

/// What the log of deliveries shows of an attempt. It must not contain secrets.
package struct DeliveryReport: Sendable {
    /// The status code of the answer; nil without an answer.
    package var status: Int?
    package var duration: Duration
    /// The beginning of the answer, at most ``longestAnswer`` bytes of UTF-8.
    package var answer: String?
    /// What failed, in one line.
    package var error: String?

    /// The longest part of an answer that is kept, in bytes.
    package static let longestAnswer = 1_024
    /// The longest error that is kept, in bytes.
    package static let longestError = 500

    /// The same with texts that every column, log and terminal can take: they may come from the receiver.
    var cleaned: DeliveryReport {
        DeliveryReport(
            status: status, duration: duration, answer: answer.flatMap { ReportText.line($0, longest: Self.longestAnswer) },
            error: error.flatMap { ReportText.line($0, longest: Self.longestError) })
    }

    package init(status: Int? = nil, duration: Duration, answer: String? = nil, error: String? = nil) {
        self.status = status
        self.duration = duration
        self.answer = answer
        self.error = error
    }
}
