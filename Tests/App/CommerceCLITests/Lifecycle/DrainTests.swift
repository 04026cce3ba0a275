import Foundation
import Synchronization
import Testing
import TestSupport

/// SIGTERM while customers are connected: only a load balancer notices.
@Suite("Draining")
struct DrainTests {
    @Test("under load no request fails, those in flight are finished, and it exits with 0 in time")
    func underLoad() async throws {
        let shop = try LifecycleShop()
        let service = try await shop.serve(["DRAIN_DELAY": "5s", "DRAIN_TIMEOUT": "20s", "DATABASE_LOCK_TIMEOUT": "30s"])
        try await service.waitForHealth("ok")
        let visitors = Visitors(port: service.port, count: 8)
        try await Task.sleep(for: .seconds(1))
        // Answered only after the listener has closed.
        let holder = try await shop.holdStock(seconds: 7.5)
        async let order = onOwnThread { try service.client().buy() }
        try await shop.waitForBlockedOrder()

        let began = ContinuousClock.now
        service.send(signal: SIGTERM)
        try await service.waitForHealth("draining", seconds: 4)
        let noticed = ContinuousClock.now
        #expect(try service.health().code == 503)
        #expect(try await service.client().request("GET", "/health/live").status == 200)
        let answer = try await service.client().request("GET", "/v1/products/lamp")
        #expect(answer.status == 200 && answer.header("Connection") == "close")
        service.send(signal: SIGTERM)
        #expect(try await onOwnThread { try service.waitForExit(seconds: 30) } == .exited(0))
        let ended = ContinuousClock.now
        #expect(ended - began > .seconds(5) && ended - began < .seconds(20))
        #expect(try await order.status == 201)
        try await holder.value

        let visits = await visitors.gone()
        // Later ones may meet the listener as it closes.
        let failed = visits.failed.filter { $0.opened < began + .seconds(5) }
        #expect(failed.isEmpty, "\(failed.count) of \(visits.answered.count): \(failed.prefix(3))")
        #expect(visits.answered.contains { $0.at < began } && visits.answered.contains { $0.at > noticed + .seconds(1) })
        let kept = visits.answered.filter { $0.at > noticed && !$0.closes }
        #expect(kept.isEmpty, "\(kept.count) answers kept their connection")
        let stopped = service.standardOutput.split(separator: "\n").filter { $0.contains("\"stopped\"") }
        #expect(
            stopped.count == 1 && stopped.allSatisfy { $0.contains("\"finished\":\"true\"") || $0.contains("\"finished\":true") })
        #expect(service.standardError.isEmpty)
    }

    @Test("idle connections are closed at once; a request that has begun to arrive is answered, or given up in time")
    func otherConnections() async throws {
        let shop = try LifecycleShop()
        let service = try await shop.serve(
            ["DRAIN_DELAY": "0s", "DRAIN_TIMEOUT": "60s", "HTTP_HEADER_TIMEOUT": "4s"])
        try await service.waitForHealth("ok")
        let idle = try (0..<4).map { _ in try RawSocket(port: service.port) }
        let slow = HTTPTestConnection(try RawSocket(port: service.port))
        try await slow.socket.send("GET /v1/products/lamp HTTP/1.1\r\nHost: a")
        let endless = HTTPTestConnection(try RawSocket(port: service.port))
        try await endless.socket.send("GET /v1/products/lamp HTTP/1.1\r\nHost: a")
        let used = service.client()
        #expect(try await used.request("GET", "/health/live").status == 200)
        let began = ContinuousClock.now
        service.send(signal: SIGTERM)
        for socket in idle { #expect(try await socket.receive().isEmpty) }
        #expect(service.exitStatus == nil)
        try await slow.socket.send("\r\n\r\n")
        let (answer, reusable) = try await slow.response()
        #expect(answer.status == 200 && !reusable)
        #expect(try await endless.response(seconds: 20).response.status == 408)
        #expect(try await onOwnThread { try service.waitForExit(seconds: 50) } == .exited(0))
        #expect(ContinuousClock.now - began < .seconds(30))
    }
}

extension DrainTests {
    @Test("listeners are told and let go: streams end as they should, WebSockets with 1001, also those that do not answer")
    func listeners() async throws {
        let shop = try LifecycleShop()
        let service = try await shop.serve(["DRAIN_DELAY": "1s", "DRAIN_TIMEOUT": "30s"])
        try await service.waitForHealth("ok")
        struct Cart: Decodable, Sendable { let id, token: String }
        let cart = try await service.client().request("POST", "/v1/carts").decode(Cart.self)
        let path = "/v1/carts/\(cart.id)", token = [("X-Cart-Token", cart.token)]
        var streams: [EventStreamTestClient] = [], sockets: [WebSocketTestClient] = []
        for _ in 0..<5 {
            streams.append(try await .connect(port: service.port, path + "/events", headers: token))
            sockets.append(try await .connect(port: service.port, path + "/live", headers: token))
        }
        for stream in streams { #expect(try await stream.next()?.name == "cart.updated") }
        for socket in sockets { #expect(try await socket.receiveBeyondPings().opcode == 1) }
        let began = ContinuousClock.now
        service.send(signal: SIGTERM)
        try await service.waitForHealth("draining")
        // They hear of changes to the end.
        let added = try await service.client().request(
            "POST", path + "/items", headers: token, json: #"{"sku":"LAMP","quantity":1}"#)
        #expect(added.status == 200)
        for stream in streams { #expect(try await stream.next()?.id == "2") }
        for socket in sockets { #expect(try await socket.receiveBeyondPings().opcode == 1) }
        for stream in streams {
            #expect(try await stream.next() == nil)
            stream.close()
        }
        for (number, socket) in sockets.enumerated() {
            #expect(try await socket.receiveBeyondPings().code == 1001)
            if number < 3 { try await socket.send(WebSocketClientFrame(8, [0x03, 0xE9])) }
        }
        #expect(try await onOwnThread { try service.waitForExit(seconds: 30) } == .exited(0))
        #expect(ContinuousClock.now - began < .seconds(25))
        #expect(service.standardOutput.contains("\"finished\":\"true\"") || service.standardOutput.contains("\"finished\":true"))
        #expect(service.standardError.isEmpty)
    }
}

/// Customers on keep-alive connections, until the service is gone.
private final class Visitors: Sendable {
    struct Visit: Sendable {
        /// When it was asked for.
        let at: ContinuousClock.Instant
        let closes: Bool
    }

    struct Failure: Sendable {
        /// When the connection was begun on which it happened.
        let opened: ContinuousClock.Instant
        let text: String
    }

    struct Record: Sendable {
        var answered: [Visit] = []
        var failed: [Failure] = []
    }

    private let record = Mutex(Record())
    private let tasks: Mutex<[Task<Void, Never>]> = Mutex([])

    init(port: UInt16, count: Int) {
        for number in 0..<count {
            let task = Task { [self] in
                _ = try? await onOwnThread { self.visit(port, number) }
            }
            tasks.withLock { $0.append(task) }
        }
    }

    func gone() async -> Record {
        for task in tasks.withLock({ $0 }) { await task.value }
        return record.withLock { $0 }
    }

    private func visit(_ port: UInt16, _ number: Int) {
        let deadline = Deadline(seconds: 60)
        while !deadline.isOver {
            let client = HTTPTestClient(port: port, seconds: 20)
            let opened = ContinuousClock.now
            while !deadline.isOver {
                let at = ContinuousClock.now
                do {
                    let answer =
                        number % 2 == 0
                        ? try client.request("GET", "/v1/products/lamp") : try client.request("POST", "/v1/carts")
                    let closes = answer.header("Connection") == "close"
                    let isGood = answer.status == 200 || answer.status == 201
                    record.withLock { record in
                        if isGood {
                            record.answered.append(Visit(at: at, closes: closes))
                        } else {
                            record.failed.append(Failure(opened: opened, text: "\(answer.status) \(answer.text.prefix(200))"))
                        }
                    }
                    usleep(.random(in: 5_000...30_000))
                    if closes { break }
                } catch {
                    // A client that can no longer connect goes elsewhere, as a load balancer does.
                    if !"\(error)".hasPrefix("connect") {
                        record.withLock { $0.failed.append(Failure(opened: opened, text: "\(error)")) }
                    }
                    return
                }
            }
        }
    }
}
