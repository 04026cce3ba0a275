import EventLoop
import Formats
import FoundationEssentials
import Logging
import RedisClient
import Synchronization
import TestSupport
import Testing
import Web

@testable import Catalog
@testable import Inventory
@testable import Web

/// The catalogue's cache without the service: what it serves, what it reads again, and what it shares through Redis.
@Suite("Catalogue cache", .serialized)
struct CatalogCacheTests {
    struct Away: Error {}

    /// What stands for PostgreSQL.
    final class Database: Sendable {
        private let state = Mutex((loads: 0, stockReads: 0, text: "one", available: 7, isAway: false, pause: 0))
        var loads: Int { state.withLock(\.loads) }
        var stockReads: Int { state.withLock(\.stockReads) }
        func set(text: String) { state.withLock { $0.text = text } }
        func set(available: Int) { state.withLock { $0.available = available } }
        func set(isAway: Bool) { state.withLock { $0.isAway = isAway } }
        func set(pause: Int) { state.withLock { $0.pause = pause } }

        /// Something under every key but those that begin with "no".
        func load(_ key: String, on loop: EventLoop) async throws -> CatalogCache.Loaded? {
            let (text, available, isAway, pause) = state.withLock { state in
                state.loads += 1
                return (state.text, state.available, state.isAway, state.pause)
            }
            if pause > 0 { try await loop.sleep(for: .milliseconds(pause)) }
            if isAway { throw Away() }
            guard !key.hasPrefix("no") else { return nil }
            var json = JSONWriter()
            json.beginObject()
            json.field("text", text)
            json.key("available")
            json.availablePlaceholder(0)
            json.endObject()
            return (StockTemplate(variants: [UUID(high: 0, low: 1)], template: json.finish()), [available])
        }

        func stock() throws -> [UUID: Int] {
            try state.withLock { state in
                state.stockReads += 1
                if state.isAway { throw Away() }
                return [UUID(high: 0, low: 1): state.available]
            }
        }
    }

    /// One loop with its cache.
    // Unchecked: the cache and the client are used on the loop only.
    final class Place: @unchecked Sendable {
        let loop: EventLoop
        let database: Database
        let cache: CatalogCache
        private let redis: RedisClient?

        init(
            _ database: Database, redis url: String? = nil, stockLifetime: Duration = .seconds(3_600),
            keys: EncryptionKeys = EncryptionKeys(secret: "a secret of the fleet")
        ) async throws {
            let loop = try EventLoop(label: "test.cache")
            self.loop = loop
            self.database = database
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let configuration = try url.map { try RedisConfiguration(url: $0) }
            nonisolated(unsafe) var made: (CatalogCache, RedisClient?)?
            await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
                loop.execute {
                    let redis = configuration.map { RedisClient(loop: loop, configuration: $0, logger: logger) }
                    redis?.start()
                    let settings = CatalogCacheSettings(
                        memory: 1 << 20, stockLifetime: stockLifetime, sharedLifetime: .seconds(300))
                    made = (
                        CatalogCache(loop: loop, redis: redis, shape: "test", keys: keys, settings: settings, compressor: nil) {
                            _ in
                            try database.stock()
                        }, redis
                    )
                    done.resume()
                }
            }
            guard let (cache, redis) = made else { throw TestFailure("no cache was made") }
            self.cache = cache
            self.redis = redis
        }

        deinit { loop.stop() }

        /// Runs `body` on the loop.
        func on<Value: Sendable>(_ body: @escaping @Sendable (Place) async throws -> Value) async throws -> Value {
            try await withCheckedThrowingContinuation { done in
                loop.execute { [self] in
                    loop.run {
                        do { done.resume(returning: try await body(self)) } catch { done.resume(throwing: error) }
                    }
                }
            }
        }

        /// What the cache says of a key; nil where it says that there is no such thing.
        func ask(_ key: String) async throws -> String? {
            try await on { place in
                let entry = try await place.cache.entry(key) { try await place.database.load(key, on: place.loop) }
                return entry.body.map { String(decoding: $0, as: UTF8.self) }
            }
        }

        /// Whether it can say it at once.
        func isUsable(_ key: String) async throws -> Bool {
            try await on { place in
                if case .usable = place.cache.lookUp(key, load: { { nil } }) { true } else { false }
            }
        }

        /// Waits until Redis answers.
        func waitForRedis() async throws {
            for _ in 0..<1_000 {
                let answers = try await on { (try? await $0.redis?.ping()) != nil }
                if answers { return }
                try await Task.sleep(for: .milliseconds(20))
            }
            throw TestFailure("Redis does not answer")
        }
    }

    @Test("callers that wait for a load are not refused with the first one, unless several are refused") func sharedRefusals()
        async throws
    {
        let place = try await Place(Database())
        try await place.on { $0.cache.catalogIs(at: 1) }
        for (refused, served) in [(1, 7), (3, 5), (8, 0)] {
            let outcomes = try await place.on { place in
                var outcomes: [Bool] = []
                let done = Promise<Void>(on: place.loop)
                for number in 0..<8 {
                    place.loop.run {
                        do {
                            // In the order of asking, the first of them are refused.
                            _ = try await place.cache.entry("shed:\(refused)") {
                                try await place.loop.sleep(for: .milliseconds(5))
                                if number < refused { throw OverloadError(reason: .queueFull) }
                                return try await place.database.load("k", on: place.loop)
                            }
                            outcomes.append(true)
                        } catch {
                            outcomes.append(false)
                        }
                        if outcomes.count == 8 { done.succeed(()) }
                    }
                }
                try await done.value()
                return outcomes
            }
            #expect(outcomes.count(where: { $0 }) == served, "\(refused): \(outcomes)")
        }
    }

    @Test("a name that does not exist is looked up again in the background, before its entry is too old") func missingRenewed()
        async throws
    {
        let database = Database()
        let place = try await Place(database, stockLifetime: .seconds(2))
        try await place.on { $0.cache.catalogIs(at: 1) }
        // A machine that stops for a second makes the entry too old: then the next one is tried.
        for attempt in 0..<20 {
            let key = "no-\(attempt)"
            #expect(try await place.ask(key) == nil)
            let loads = database.loads
            try await Task.sleep(for: .milliseconds(1_050))
            let isUsable = try await place.on { place in
                if case .usable = place.cache.lookUp(key, load: { { try await database.load(key, on: place.loop) } }) {
                    true
                } else {
                    false
                }
            }
            guard isUsable else { continue }
            let isRenewed = Deadlines.poll { database.loads > loads }
            #expect(isRenewed)
            return
        }
        Issue.record("no entry was in the second half of its life when it was looked up")
    }

    // MARK: The version

    @Test("a document is served until another version of the catalogue is heard of") func versions() async throws {
        let database = Database()
        let place = try await Place(database)
        try await place.on { $0.cache.catalogIs(at: 1) }
        for _ in 0..<3 { #expect(try await place.ask("k") == #"{"text":"one","available":7}"#) }
        #expect(database.loads == 1)
        #expect(try await place.isUsable("k"))
        database.set(text: "two")
        try await place.on { $0.cache.catalogIs(at: 2) }
        #expect(try await !place.isUsable("k"))
        for _ in 0..<3 { #expect(try await place.ask("k") == #"{"text":"two","available":7}"#) }
        #expect(database.loads == 2)
    }

    @Test("without a listener nothing is fresh until a look at the version, and then for a second") func lostListener()
        async throws
    {
        let database = Database()
        let place = try await Place(database)
        try await place.on { $0.cache.catalogIs(at: 1) }
        _ = try await place.ask("k")
        try await place.on { $0.cache.listeningEnded() }
        #expect(try await !place.isUsable("k"))
        database.set(text: "two")
        // It is not fresh, so it is read again each time.
        #expect(try await place.ask("k") == #"{"text":"two","available":7}"#)
        _ = try await place.ask("k")
        #expect(database.loads == 3)

        // A check that finds the same version makes the entries valid again, without reading them.
        let looked = try await place.on { place in
            let instant = place.loop.now
            place.cache.catalogWas(at: 1, instant)
            return instant
        }
        #expect(try await place.isUsable("k"))
        #expect(database.loads == 3)
        // Never longer than a second after the look began.
        for _ in 0..<400 {
            let (isUsable, age) = try await place.on { place in
                let isUsable = if case .usable = place.cache.lookUp("k", load: { { nil } }) { true } else { false }
                return (isUsable, place.loop.now - looked)
            }
            #expect(isUsable == (age < 1_000_000_000), "\(age)")
            if age > 1_200_000_000 { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        // A check that began long ago proves nothing; one that finds another version ends the entries.
        try await place.on { $0.cache.catalogWas(at: 1, $0.loop.now - 1_500_000_000) }
        #expect(try await !place.isUsable("k"))
        database.set(text: "three")
        try await place.on { $0.cache.catalogWas(at: 2, $0.loop.now) }
        #expect(try await place.ask("k") == #"{"text":"three","available":7}"#)
    }

    @Test(
        "while PostgreSQL is away entries are served as they were, with a listener or without; a document never read is an error")
    func away() async throws {
        let database = Database()
        let place = try await Place(database)
        try await place.on { $0.cache.catalogIs(at: 1) }
        let shown = try await place.ask("k")
        database.set(isAway: true)
        try await place.on { $0.cache.listeningEnded() }
        for _ in 0..<5 { #expect(try await place.ask("k") == shown) }
        // Tried once, and then left alone for a while.
        #expect(database.loads == 2)
        #expect(try await place.isUsable("k"))
        await #expect(throws: Away.self) { try await place.ask("other") }
    }

    @Test("stock is renewed before it is older than its lifetime") func stock() async throws {
        let database = Database()
        let place = try await Place(database, stockLifetime: .milliseconds(400))
        try await place.on { $0.cache.catalogIs(at: 1) }
        _ = try await place.ask("k")
        for number in 0..<60 {
            database.set(available: number)
            let age = try await place.on { place in
                let entry = try await place.cache.entry("k") { try await place.database.load("k", on: place.loop) }
                return place.loop.now - entry.stockAt
            }
            #expect(age < 400_000_000)
            try await Task.sleep(for: .milliseconds(number % 7 == 0 ? 150 : 20))
        }
        // The text came once.
        #expect(database.loads == 1 && database.stockReads > 3)
        database.set(available: 1_000)
        try await Task.sleep(for: .milliseconds(450))
        #expect(try await place.ask("k") == #"{"text":"one","available":1000}"#)
    }

    // MARK: The fleet

    @Test("of many loops that miss a document at once one reads it, at the start and when the version changes")
    func oneFlight() async throws {
        let redis = try RedisServer()
        let database = Database()
        database.set(pause: 10)
        var places: [Place] = []
        for _ in 0..<6 { places.append(try await Place(database, redis: redis.url)) }
        for place in places { try await place.waitForRedis() }
        for (version, text) in [(Int64(1), "one"), (2, "two"), (3, "three")] {
            database.set(text: text)
            for place in places { try await place.on { $0.cache.catalogIs(at: version) } }
            let shown = try await withThrowingTaskGroup(of: String?.self) { tasks in
                for place in places { tasks.addTask { try await place.ask("k") } }
                return try await tasks.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(shown == [#"{"text":"\#(text)","available":7}"#])
            // Six for each without it; one more where a claim ran out on a busy machine.
            #expect(database.loads >= Int(version) && database.loads <= Int(version) + 2)
        }
        // The claims are given back.
        #expect(Deadlines.poll { (try? redis.execute("KEYS", "*claim*")) == "" })
    }

    @Test("a process does not wait longer than a claim lasts for one that has died") func deadClaim() async throws {
        let redis = try RedisServer()
        let database = Database()
        let place = try await Place(database, redis: redis.url)
        try await place.waitForRedis()
        try await place.on { $0.cache.catalogIs(at: 1) }
        try redis.execute("SET", SharedDocumentCache.claimName("k", 1, shape: "test"), "1")
        let began = ContinuousClock.now
        #expect(try await place.ask("k") == #"{"text":"one","available":7}"#)
        #expect(ContinuousClock.now - began >= ClaimBackoff.claim)
        #expect(ContinuousClock.now - began < .seconds(5))
        #expect(database.loads == 1)
    }

    @Test("entries in Redis that the service did not write are not served: changed bytes, another secret, another name")
    func forged() async throws {
        let redis = try RedisServer()
        let database = Database()
        let other = Database()
        other.set(text: "forged")
        let maker = try await Place(database, redis: redis.url)
        let forger = try await Place(other, redis: redis.url, keys: EncryptionKeys(secret: "another secret"))
        for place in [maker, forger] {
            try await place.waitForRedis()
            try await place.on { $0.cache.catalogIs(at: 1) }
        }
        _ = try await maker.ask("k")
        #expect(Deadlines.poll { (try? redis.execute("EXISTS", SharedDocumentCache.name("k", 1, shape: "test"))) == "1" })
        /// What a task that has nothing yet shows under a key, and whether it had to read it.
        func shown(
            _ key: String, _ keys: EncryptionKeys = EncryptionKeys(secret: "a secret of the fleet")
        ) async throws -> (String?, Bool) {
            let before = database.loads
            let place = try await Place(database, redis: redis.url, keys: keys)
            try await place.waitForRedis()
            try await place.on { $0.cache.catalogIs(at: 1) }
            return (try await place.ask(key), database.loads > before)
        }
        let one = #"{"text":"one","available":7}"#
        #expect(try await shown("k") == (one, false))
        // While the key changes, what was made with the one before is good.
        #expect(
            try await shown("k", EncryptionKeys(secret: "the next secret", previous: "a secret of the fleet")) == (one, false))
        // An entry of ours, of another name.
        #expect(
            try redis.execute(
                "COPY", SharedDocumentCache.name("k", 1, shape: "test"), SharedDocumentCache.name("m", 1, shape: "test")) == "1")
        #expect(try await shown("m") == (one, true))
        #expect(
            try redis.execute(
                "COPY", SharedDocumentCache.name("k", 1, shape: "test"), SharedDocumentCache.name("k", 2, shape: "test")) == "1")
        // One byte of it, wherever.
        let length = try #require(Int(try redis.execute("STRLEN", SharedDocumentCache.name("k", 1, shape: "test"))))
        for place in [0, 1, 24, length / 2, length - 33, length - 32, length - 1] {
            let changed = "k\(place)"
            try redis.execute(
                "COPY", SharedDocumentCache.name("k", 1, shape: "test"), SharedDocumentCache.name(changed, 1, shape: "test"),
                "REPLACE")
            try redis.execute("SETRANGE", SharedDocumentCache.name(changed, 1, shape: "test"), "\(place)", "~")
            #expect(try await shown(changed) == (one, true), "\(place)")
        }
        // Another's whole entry, under our name.
        try redis.execute("DEL", SharedDocumentCache.name("k", 1, shape: "test"))
        #expect(try await forger.ask("k") == #"{"text":"forged","available":7}"#)
        #expect(Deadlines.poll { (try? redis.execute("EXISTS", SharedDocumentCache.name("k", 1, shape: "test"))) == "1" })
        #expect(try await shown("k") == (one, true))
    }

    @Test("names that do not exist are looked up by each process, and leave nothing in Redis") func nothing() async throws {
        let redis = try RedisServer()
        let database = Database()
        let places = [try await Place(database, redis: redis.url), try await Place(database, redis: redis.url)]
        for place in places {
            try await place.waitForRedis()
            try await place.on { $0.cache.catalogIs(at: 1) }
        }
        for number in 0..<50 { for place in places { #expect(try await place.ask("no \(number)") == nil) } }
        #expect(database.loads == 100)
        #expect(Deadlines.poll { (try? redis.execute("DBSIZE")) == "0" })
    }

    private enum Deadlines {
        static func poll(_ condition: () -> Bool) -> Bool { TestSupport.Deadline(seconds: 10).poll(until: condition) }
    }

    enum Trouble: CaseIterable { case killed, frozen }

    @Test("without Redis each process reads for itself, and serves what it holds", arguments: Trouble.allCases)
    func withoutRedis(trouble: Trouble) async throws {
        let redis = try RedisServer()
        let database = Database()
        let place = try await Place(database, redis: redis.url)
        try await place.waitForRedis()
        try await place.on { $0.cache.catalogIs(at: 1) }
        _ = try await place.ask("k")
        switch trouble {
        case .killed: redis.kill()
        case .frozen: redis.freeze()
        }
        defer { redis.resume() }
        #expect(try await place.ask("k") == #"{"text":"one","available":7}"#)
        #expect(database.loads == 1)
        for number in 0..<20 { #expect(try await place.ask("other \(number)") != nil) }
        #expect(database.loads == 21)
        try await place.on { $0.cache.catalogIs(at: 2) }
        #expect(try await place.ask("k") != nil)
        #expect(database.loads == 22)
    }

    @Test("the pauses of a wait begin small, and add up to the time of a claim") func waits() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<5_000 {
            var wait = ClaimBackoff()
            var pauses: [Duration] = []
            while let pause = wait.pause(jitter: Double.random(in: -0.5...1.5, using: &random)) { pauses.append(pause) }
            #expect(pauses.reduce(.zero, +) == ClaimBackoff.claim && wait.total == ClaimBackoff.claim)
            #expect(pauses.allSatisfy { $0 > .zero })
            #expect((pauses.first ?? .zero) <= .milliseconds(5) && pauses.count <= 9)
        }
    }

    @Test("a client fills no more than its share of Redis in a minute") func sharingBudget() {
        var budget = SharingBudget()
        let page = 43_000
        func pages(_ client: String, at now: UInt64) -> Int { (0..<1_000).count { _ in budget.take(page, client, at: now) } }
        #expect(pages("a", at: 5) == SharingBudget.bytes / page)
        #expect(pages("b", at: 5) == SharingBudget.bytes / page)
        #expect(pages("a", at: 59_000_000_000) == 0)
        #expect(pages("a", at: 60_000_000_005) == SharingBudget.bytes / page)
        // Nor do many clients fill what remembers them.
        #expect((0..<20_000).count { budget.take(1, "\($0)", at: 60_000_000_005) } == SharingBudget.clients - 1)
    }

    @Test("a page of a list is shared at its second request, once") func owed() {
        let entry = CatalogEntry(document: nil, available: [], version: 1, at: 0, policy: "", compressor: nil)
        #expect(entry.unsharedStock == nil)
        entry.shareLater([3])
        #expect(entry.takeUnsharedStock() == nil && entry.unsharedStock == [3])
        #expect(entry.takeUnsharedStock() == [3] && entry.unsharedStock == nil)
        #expect(entry.takeUnsharedStock() == nil)
        #expect(
            CatalogCache.isOfList("l:20:0::newest") && CatalogCache.isOfList("t:") && !CatalogCache.isOfList("p:l:")
                && !CatalogCache.isOfList("c"))
    }
}
