import AWS
import Events
import Formats

/// Delivers events to a service of AWS, up to ten in a request. Confined to its loop.
final class CloudTarget: DeliveryTarget {
    let largestBatch = CloudLimits.messages
    let concurrency = 8

    private let service: any CloudService
    private let client: AWSClient

    init(_ service: any CloudService, client: AWSClient) {
        self.service = service
        self.client = client
    }

    func deliver(_ events: [Event]) async -> [DeliveryOutcome] {
        let messages = events.map(CloudMessage.init)
        let sizes = messages.map(service.size)
        var outcomes: [DeliveryOutcome] = []
        for range in CloudBatches.ranges(sizes: sizes, count: CloudLimits.messages, bytes: CloudLimits.bytes) {
            if range.count == 1, sizes[range.lowerBound] > CloudLimits.bytes {
                let error = "the event has \(sizes[range.lowerBound]) bytes, and the service takes \(CloudLimits.bytes)"
                outcomes.append(.refused(DeliveryReport(duration: .zero, error: error)))
            } else {
                outcomes += await deliver(Array(messages[range]))
            }
        }
        return outcomes
    }

    /// Delivers messages in one request.
    private func deliver(_ messages: [CloudMessage]) async -> [DeliveryOutcome] {
        let clock = ContinuousClock()
        let start = clock.now
        let response: AWSResponse
        do throws(AWSError) {
            response = try await client.post(
                service.body(messages), to: service.url, service: service.name, region: service.region, headers: service.headers)
        } catch {
            let report = DeliveryReport(duration: clock.now - start, error: error.message)
            return messages.map { _ in .failed(report) }
        }
        let report = DeliveryReport(status: response.status, duration: clock.now - start)
        guard response.status == 200 else {
            let code = response.errorCode ?? ""
            // One message that the service does not like must not hold up the others.
            if messages.count > 1, CloudResult.isAboutContent(code) { return await deliverEach(messages) }
            let outcome = Self.outcome(response, report, now: .now)
            return messages.map { _ in outcome }
        }
        return service.results(response.body, count: messages.count).map { Self.outcome($0, report) }
    }

    private func deliverEach(_ messages: [CloudMessage]) async -> [DeliveryOutcome] {
        var outcomes: [DeliveryOutcome] = []
        for message in messages { outcomes += await deliver([message]) }
        return outcomes
    }

    /// Of a request that failed as a whole.
    static func outcome(_ response: AWSResponse, _ report: DeliveryReport, now: Timestamp) -> DeliveryOutcome {
        var report = report
        let code = response.errorCode ?? "answered \(response.status)"
        report.error = response.errorMessage.map { "\(code): \($0)" } ?? code
        // Other codes may be about the settings, such as the name of the queue, which can be corrected.
        return CloudResult.isAboutContentAlone(code)
            ? .refused(report) : .failed(report, retryAfter: response.retryAfter.flatMap { RetryAfter.read($0, now: now) })
    }

    /// Of one message in a request that succeeded.
    static func outcome(_ result: CloudResult, _ report: DeliveryReport) -> DeliveryOutcome {
        var report = report
        switch result {
        case .taken(let id):
            report.answer = id.isEmpty ? nil : String(id.prefix(200))
            return .delivered(report)
        case .failed(let code, let message):
            report.error = message.isEmpty ? code : "\(code): \(message.prefix(300))"
            return result.isRefused ? .refused(report) : .failed(report)
        case .missing:
            report.error = "the service did not say whether it has taken the event"
            return .failed(report)
        }
    }
}
