import EventLoop
import Foundation
import Logging
import TestSupport
import Testing

@testable import OpenIDConnect

@Suite("Fetching keys")
struct IssuerKeysTests {
    private static let issuers = Result { try TestIssuers() }

    private func directory(
        _ name: String, keysURL: String? = nil, _ change: (inout IssuerKeySettings) -> Void = { _ in }
    ) throws -> IssuerDirectory {
        var settings = IssuerKeySettings()
        settings.timeout = .seconds(30)
        change(&settings)
        let trusted = TrustedIssuer(issuer: try Self.issuers.get().url(name), audiences: ["shop"], keysURL: keysURL)
        return try IssuerDirectory([trusted], settings: settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Waits for the first set of keys.
    private func keys(_ directory: IssuerDirectory) async throws -> [String] {
        let deadline = TestSupport.Deadline(seconds: 30)
        while directory.issuers[0].snapshot == nil, !deadline.isOver { try await Task.sleep(for: .milliseconds(10)) }
        return directory.issuers[0].snapshot?.keys.keys.compactMap(\.keyID).sorted() ?? []
    }

    @Test("keys are found by discovery, or at a URL of the settings; only those that can be used are kept")
    func discovery() async throws {
        let found = try directory("found")
        found.start()
        defer { found.close() }
        #expect(try await keys(found) == ["ec-1", "rsa-1"])
        // The document names another issuer, which does not matter where it is not needed.
        try Self.issuers.get().set("direct", mode: "liar", keys: ["ec-1", "weak-1"])
        let direct = try directory("direct", keysURL: Self.issuers.get().url("direct") + "/keys")
        direct.start()
        defer { direct.close() }
        #expect(try await keys(direct) == ["ec-1"])
    }

    @Test(
        "a document of another issuer, and answers that are none, give no keys",
        arguments: ["liar", "slash", "plain", "lost", "down", "redirect", "garbage", "huge"])
    func faults(_ mode: String) async throws {
        try Self.issuers.get().set("fault-" + mode, mode: mode)
        let directory = try directory("fault-" + mode)
        directory.start()
        defer { directory.close() }
        let keys = directory.issuers[0]
        // The first attempt has ended then, or it is too early for another one: either way there are no keys.
        _ = await keys.refreshed()
        #expect(keys.snapshot == nil)
    }

    @Test("a thousand unknown keys at once are one fetch, and the next one is a minute later")
    func flood() async throws {
        let issuers = try Self.issuers.get()
        let directory = try directory("flood") { $0.maximumWaiting = 1_000 }
        directory.start()
        defer { directory.close() }
        #expect(try await self.keys(directory).count == 2)
        let keys = directory.issuers[0]
        let waited = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<1_000 { group.addTask { await keys.refreshed() } }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(try waited == 0 && issuers.keyRequests("flood") == 1)
    }

    @Test("requests that come before the first keys wait for one fetch; those beyond the limit do not wait")
    func waiting() async throws {
        let issuers = try Self.issuers.get()
        let directory = try directory("waiting") { $0.maximumWaiting = 10 }
        let keys = directory.issuers[0]
        let waited = await withTaskGroup(of: Bool.self) { group in
            // Not started yet, so that all of them come before the end of the fetch.
            for _ in 0..<50 { group.addTask { await keys.refreshed() } }
            var waited = 0
            for _ in 0..<40 { waited += await group.next() == true ? 1 : 0 }
            #expect(waited == 0)
            directory.start()
            for await one in group { waited += one ? 1 : 0 }
            return waited
        }
        defer { directory.close() }
        #expect(try waited == 10 && self.keysAreThere(keys) && issuers.keyRequests("waiting") == 1)
    }

    private func keysAreThere(_ keys: IssuerKeys) -> Bool { keys.snapshot != nil }

    @Test("other keys replace the former ones; while the issuer fails, the last good set stays")
    func rotation() async throws {
        let issuers = try Self.issuers.get()
        let directory = try directory("turning") {
            $0.interval = .milliseconds(1)
            $0.lifetime = .milliseconds(50)
        }
        directory.start()
        defer { directory.close() }
        #expect(try await keys(directory) == ["ec-1", "rsa-1"])
        let keys = directory.issuers[0]
        func wait(_ names: [String]) async throws {
            let deadline = TestSupport.Deadline(seconds: 30)
            while keys.snapshot?.keys.keys.compactMap(\.keyID) != names, !deadline.isOver {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(keys.snapshot?.keys.keys.compactMap(\.keyID) == names)
        }
        let first = try #require(keys.snapshot?.generation)
        try issuers.set("turning", keys: ["rsa-2"])
        try await wait(["rsa-2"])
        let second = try #require(keys.snapshot?.generation)
        #expect(second != first)
        for mode in ["down", "garbage", "huge", "liar"] {
            try issuers.set("turning", mode: mode, keys: ["ec-1"])
            // By the second fetch from here on, the first one has ended.
            for _ in 0..<2 { while await !keys.refreshed() { await Task.yield() } }
            #expect(keys.snapshot?.generation == second, "\(mode)")
        }
        try issuers.set("turning", keys: ["ec-2"])
        try await wait(["ec-2"])
    }

    @Test("the end resumes those who wait")
    func closing() async throws {
        try Self.issuers.get().set("closing", mode: "down")
        let directory = try directory("closing")
        let keys = directory.issuers[0]
        directory.start()
        _ = await keys.refreshed()
        directory.close()
        let deadline = TestSupport.Deadline(seconds: 30)
        while await keys.refreshed(), !deadline.isOver { await Task.yield() }
        #expect(await !keys.refreshed())
    }
}
