import EventLoop
import Foundation
import PostgresClient
import Synchronization
import Testing
import TestSupport

@Suite struct ListenerTests {
    /// The events of a listener, in order.
    private final class Heard: Sendable {
        private let events = Mutex<[PostgresListener.Event]>([])
        func add(_ event: PostgresListener.Event) { events.withLock { $0.append(event) } }
        var all: [PostgresListener.Event] { events.withLock { $0 } }
    }

    @Test func notificationsArriveInOrderAndAReconnectReportsTheGap() async throws {
        let database = try TestDatabase()
        let url = database.url
        let application = "listener_\(UUID().uuidString.prefix(8))"
        try await onLoop { loop in
            let heard = Heard()
            var configuration = try PostgresConfiguration(connectionString: url)
            configuration.applicationName = application
            let listener = PostgresListener(
                loop: loop, configuration: configuration, channels: ["catalog", "odd \"name\""], logger: quiet
            ) { heard.add($0) }
            listener.start()
            let isListening = try await eventually(loop) { heard.all == [.listening] }
            #expect(isListening)
            try await database.execute("NOTIFY catalog, 'one'; NOTIFY catalog, 'two'; SELECT pg_notify('odd \"name\"', 'ü')")
            let expected: [PostgresListener.Event] = [
                .listening, .notification(channel: "catalog", payload: "one"),
                .notification(channel: "catalog", payload: "two"), .notification(channel: "odd \"name\"", payload: "ü"),
            ]
            let isHeard = try await eventually(loop) { heard.all == expected }
            #expect(isHeard, "\(heard.all)")

            try await database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '\(application)'")
            let isBack = try await eventually(loop) { heard.all == expected + [.lost, .listening] }
            #expect(isBack, "\(heard.all)")
            try await database.execute("NOTIFY catalog, 'three'")
            let isHeardAgain = try await eventually(loop) {
                heard.all.last == .notification(channel: "catalog", payload: "three")
            }
            #expect(isHeardAgain)
            listener.close()
        }
    }

    @Test func aFrozenServerIsNoticedByItsSilence() async throws {
        let server = try PostgresServer()
        try await onLoop { loop in
            let heard = Heard()
            let listener = PostgresListener(
                loop: loop, configuration: try PostgresConfiguration(connectionString: server.url), channels: ["catalog"],
                heartbeat: .milliseconds(200), logger: quiet
            ) { heard.add($0) }
            listener.start()
            let isListening = try await eventually(loop) { heard.all == [.listening] }
            #expect(isListening)
            try await loop.sleep(for: .milliseconds(900))
            #expect(heard.all == [.listening])
            server.freeze()
            let isLost = try await eventually(loop) { heard.all == [.listening, .lost] }
            #expect(isLost)
            server.resume()
            let isBack = try await eventually(loop) { heard.all == [.listening, .lost, .listening] }
            #expect(isBack)
            listener.close()
        }
    }
}
