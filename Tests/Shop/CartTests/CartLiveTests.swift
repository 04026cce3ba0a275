import EventLoop
import Formats
import FoundationEssentials
import Testing
import TestSupport
import Web

@testable import Cart

@Suite("Live carts")
struct CartLiveTests {
    private static let id = UUID()

    @Test("a change event is the same after a round trip, and other payloads are refused")
    func changeEvents() throws {
        for event in [CartChangedEvent(Self.id), CartChangedEvent(Self.id, version: 1), CartChangedEvent(Self.id, version: .max)]
        {
            #expect(CartChangedEvent(payload: event.payload) == event)
        }
        let id = Self.id.text
        for text in [
            "", " ", id + " ", id + " 0", id + " -1", id + " 1 2", id + " 99999999999999999999", id + " x", "x" + id, id + "\n",
            String(id.dropLast()),
        ] {
            #expect(CartChangedEvent(payload: Array(text.utf8)) == nil, "\(text)")
        }
        #expect(CartChangedEvent(payload: [0xFF, 0xFE]) == nil)
        var random = SeededGenerator(seed: 5)
        for _ in 0..<10_000 { _ = CartChangedEvent(payload: random.bytes(upTo: 60)) }
    }

    @Test("an event has the same content over Server-Sent Events and WebSocket") func events() throws {
        let updated = CartEvent.updated(version: 7, cart: Array(#"{"a":1}"#.utf8))
        #expect(String(decoding: updated.serverSent, as: UTF8.self) == "event: cart.updated\nid: 7\ndata: {\"a\":1}\n\n")
        #expect(String(decoding: updated.message.bytes, as: UTF8.self) == #"{"event":"cart.updated","id":7,"data":{"a":1}}"#)
        let deleted = CartEvent.deleted(Self.id)
        #expect(
            String(decoding: deleted.serverSent, as: UTF8.self) == "event: cart.deleted\ndata: {\"id\":\"\(Self.id.text)\"}\n\n")
        #expect(
            String(decoding: deleted.message.bytes, as: UTF8.self)
                == #"{"event":"cart.deleted","id":null,"data":{"id":"\#(Self.id.text)"}}"#)
    }

    private func event(_ version: Int64) -> CartEvent { .updated(version: version, cart: []) }

    /// The versions that a listener receives now; 0 for a deleted cart, -1 at the end, -2 where the session has ended.
    private func received(_ listener: CartListener) async throws -> [Int64] {
        var versions: [Int64] = []
        while true {
            switch try await listener.next(within: .milliseconds(1)) {
            case .event(let event): versions.append(event.version ?? 0)
            case .silence: return versions
            case .end: return versions + [-1]
            case .signedOut: return versions + [-2]
            }
        }
    }

    private func expect(
        _ listener: CartListener, _ versions: [Int64], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let received = try await received(listener)
        #expect(received == versions, sourceLocation: sourceLocation)
    }

    private func onLoop<Value: Sendable>(_ body: @escaping @Sendable (EventLoop) async throws -> Value) async throws -> Value {
        let loop = try EventLoop(label: "test.loop")
        defer { loop.stop() }
        return try await withCheckedThrowingContinuation { continuation in
            loop.execute {
                loop.run {
                    do { continuation.resume(returning: try await body(loop)) } catch { continuation.resume(throwing: error) }
                }
            }
        }
    }

    @Test("a listener receives the newest version, each version once, in any order of events")
    func listener() async throws {
        try await onLoop { [self] loop in
            let listener = CartListener(cart: Self.id, loop: loop)
            listener.begin(with: event(3), seen: nil)
            try await expect(listener, [3])
            for version in [3, 2, 4, 6, 5] as [Int64] { listener.offer(event(version)) }
            try await expect(listener, [6])
            try await expect(listener, [])
            listener.offer(event(7))
            listener.offer(.deleted(Self.id))
            listener.offer(event(8))
            try await expect(listener, [0, -1])
        }
    }

    @Test("a client that connects again receives the cart if its version differs")
    func comingBack() async throws {
        try await onLoop { [self] loop in
            for (seen, present, expected) in [
                (nil, 3, [3]), (3, 3, []), (2, 3, [3]), (0, 3, [3]), (-1, 3, [3]),
                // A version from before the database was restored from a backup, or an invented one.
                (9, 3, [3]),
            ] as [(Int64?, Int64, [Int64])] {
                let listener = CartListener(cart: Self.id, loop: loop)
                listener.begin(with: event(present), seen: seen)
                try await expect(listener, expected)
                listener.offer(event(present))
                try await expect(listener, [])
                listener.offer(event(present + 1))
                try await expect(listener, [present + 1])
            }
            // A change during the first read of the cart.
            let listener = CartListener(cart: Self.id, loop: loop)
            listener.offer(event(5))
            listener.begin(with: event(4), seen: 4)
            try await expect(listener, [5])
        }
    }

    private func isSignedOut(_ listener: CartListener) async throws -> Bool {
        if case .signedOut = try await listener.next(within: .seconds(20)) { true } else { false }
    }

    @Test("a listener whose session ends or expires gets nothing more, not even what waited")
    func signingOut() async throws {
        try await onLoop { [self] loop in
            let principal = Principal(account: UUID(), session: UUID())
            let listener = CartListener(cart: Self.id, loop: loop)
            listener.session = ListeningSession(principal: principal, epoch: 0, expiresAt: .now + .seconds(3_600))
            listener.begin(with: event(3), seen: nil)
            try await expect(listener, [3])
            listener.offer(event(4))
            listener.signOut()
            listener.offer(event(5))
            try await expect(listener, [-2])
            // One that waits is woken.
            let waiting = CartListener(cart: Self.id, loop: loop)
            loop.schedule(after: .milliseconds(10)) { waiting.signOut() }
            #expect(try await isSignedOut(waiting))
            let expired = CartListener(cart: Self.id, loop: loop)
            expired.session = ListeningSession(principal: principal, epoch: 0, expiresAt: .now + .milliseconds(10))
            #expect(try await isSignedOut(expired))
        }
    }

    @Test("an event and the end wake a waiting listener")
    func waiting() async throws {
        try await onLoop { [self] loop in
            let listener = CartListener(cart: Self.id, loop: loop)
            loop.schedule(after: .milliseconds(10)) { listener.offer(event(1)) }
            var turns: [String] = []
            for turn in 0..<3 {
                if turn == 1 { loop.schedule(after: .milliseconds(10)) { listener.end() } }
                switch try await listener.next(within: .seconds(20)) {
                case .event: turns.append("event")
                case .silence: turns.append("silence")
                case .end: turns.append("end")
                case .signedOut: turns.append("signed out")
                }
            }
            #expect(turns == ["event", "end", "end"])
        }
    }
}
