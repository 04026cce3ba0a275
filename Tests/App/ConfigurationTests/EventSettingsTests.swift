import Testing

@testable import Configuration

@Suite("Settings of events")
struct EventSettingsTests {
    private func load(_ more: [String: String]) throws -> EventSettings {
        try Configuration.load(from: ["DATABASE_URL": "postgresql://shop@db.example/shop"].merging(more) { _, new in new }).events
    }

    private func faults(_ more: [String: String]) -> [String] {
        do {
            _ = try load(more)
            return []
        } catch let error as ConfigurationError {
            return error.errors.map(\.description)
        } catch { return ["\(error)"] }
    }

    @Test("the defaults are those of the documents")
    func defaults() throws {
        let settings = try load([:])
        #expect(settings.retention == .seconds(14 * 86_400) && settings.lowStock == 5)
        #expect(settings.retries.first == .seconds(5) && settings.retries.longest == .seconds(86_400))
        #expect(settings.retries.patience == .seconds(3 * 86_400))
    }

    @Test("the pauses of retries are settings, and the longest is not shorter than the first")
    func retries() throws {
        let settings = try load(["EVENT_RETRY_FIRST": "250ms", "EVENT_RETRY_LONGEST": "1h"])
        #expect(settings.retries.first == .milliseconds(250) && settings.retries.longest == .seconds(3_600))
        let equal = try load(["EVENT_RETRY_FIRST": "30s", "EVENT_RETRY_LONGEST": "30s"])
        #expect(equal.retries.first == equal.retries.longest)
        #expect(
            faults(["EVENT_RETRY_FIRST": "1m", "EVENT_RETRY_LONGEST": "59s"]) == [
                "EVENT_RETRY_LONGEST is less than EVENT_RETRY_FIRST; expected at least 1m"
            ])
        // Even where only the default of the other one is in the way.
        #expect(faults(["EVENT_RETRY_LONGEST": "1s"]).count == 1)
        for (name, value) in [
            ("EVENT_RETRY_FIRST", "0s"), ("EVENT_RETRY_FIRST", "2h"), ("EVENT_RETRY_LONGEST", "4d"),
            ("EVENT_RETRY_LONGEST", "often"),
        ] {
            let faults = faults([name: value])
            #expect(faults.count == 1 && faults.first?.hasPrefix("\(name) is \"\(value)\"") == true, "\(faults)")
        }
    }

    @Test("events are not kept for longer than the persons in them")
    func retention() throws {
        #expect(
            faults(["EVENT_RETENTION": "31d", "UNPAID_ORDER_PERSON_RETENTION": "30d"]) == [
                "EVENT_RETENTION is more than UNPAID_ORDER_PERSON_RETENTION; expected at most 30d"
            ])
        let equal = try load(["EVENT_RETENTION": "30d", "UNPAID_ORDER_PERSON_RETENTION": "30d"])
        #expect(equal.retention == .seconds(30 * 86_400))
        // The default follows a shorter one.
        #expect(try load(["UNPAID_ORDER_PERSON_RETENTION": "3d"]).retention == .seconds(3 * 86_400))
    }

    @Test("an order's first event stays until the response to its request is deleted, which needs it")
    func idempotency() throws {
        #expect(try load(["EVENT_RETENTION": "1s"]).retention == .seconds(2 * 86_400))
        #expect(try load(["IDEMPOTENCY_LIFETIME": "20d"]).retention == .seconds(21 * 86_400))
        #expect(try load(["IDEMPOTENCY_LIFETIME": "1h", "EVENT_RETENTION": "2d"]).retention == .seconds(2 * 86_400))
    }
}
