import Formats
import Foundation
import JWT
import Synchronization
import Testing
import Web

@testable import Accounts

/// Access tokens and the list of sessions that have ended.
@Suite("Access tokens")
struct EndedSessionsTests {
    private let claims = AccessTokens.Claims(principal: Principal(account: UUID(), session: UUID()), epoch: 3)
    private static let second: UInt64 = 1_000_000_000

    @Test("a list that was not read for two seconds tells only what has ended")
    func age() {
        let list = EndedSessions(tokenLifetime: .seconds(600))
        let start = 100 * Self.second
        #expect(list.isEnded(claims, at: start) == nil && list.window(at: start) == nil)
        list.add([], read: start, at: start)
        #expect(list.isEnded(claims, at: start + 2 * Self.second) == false)
        #expect(list.isEnded(claims, at: start + 2 * Self.second + 1) == nil)
        list.add([.session(claims.principal.session)], at: start)
        #expect(list.isEnded(claims, at: start + 60 * Self.second) == true)
    }

    @Test("the next reading goes back as far as the last one is past, so that nothing is missed while the database was away")
    func window() {
        let list = EndedSessions(tokenLifetime: .seconds(600))
        let start = 100 * Self.second
        list.add([], read: start, at: start)
        #expect(list.window(at: start) == .seconds(60))
        #expect(list.window(at: start + Self.second) == .seconds(61))
        #expect(list.window(at: start + 3_600 * Self.second) == .seconds(3_660))
        // Of two readings that overlap, the later one counts.
        list.add([], read: start - Self.second, at: start)
        #expect(list.window(at: start) == .seconds(60))
    }

    @Test("observers hear of what is new, and only then")
    func observers() {
        let calls = Mutex(0)
        let list = EndedSessions(tokenLifetime: .seconds(600))
        list.observe { calls.withLock { $0 += 1 } }
        let (session, account) = (claims.principal.session, claims.principal.account)
        #expect(!list.isListed(claims))
        list.add([.session(session)], at: 1)
        #expect(list.isListed(claims) && calls.withLock { $0 } == 1)
        list.add([.session(session)], read: 2, at: 2)
        list.add([], read: 3, at: 3)
        #expect(calls.withLock { $0 } == 1)
        list.add([.account(account, epoch: 3)], at: 4)
        list.add([.account(account, epoch: 3), .account(account, epoch: 2)], at: 5)
        #expect(calls.withLock { $0 } == 2)
        let other = AccessTokens.Claims(principal: Principal(account: account, session: UUID()), epoch: 3)
        #expect(!list.isListed(other))
        list.add([.account(account, epoch: 4)], at: 6)
        #expect(list.isListed(other) && calls.withLock { $0 } == 3)
    }

    @Test("an account's end is about earlier epochs only, and entries are forgotten when no token can be valid")
    func epochs() {
        let list = EndedSessions(tokenLifetime: .seconds(600))
        let now = 100 * Self.second
        list.add([.account(claims.principal.account, epoch: 3)], read: now, at: now)
        #expect(list.isEnded(claims, at: now) == false)
        list.add([.account(claims.principal.account, epoch: 4), .account(claims.principal.account, epoch: 2)], at: now)
        #expect(list.isEnded(claims, at: now) == true)
        list.add([.session(UUID())], read: now, at: now)
        let later = now + 700 * Self.second
        list.add([], read: later, at: later)
        #expect(list.isEnded(claims, at: later) == false)
    }

    @Test("a token is verified with the keys of now and before, and only for its session's claims")
    func tokens() throws {
        let (new, old) = (SigningKey(secret: Array(repeating: 1, count: 32)), SigningKey(secret: Array(repeating: 2, count: 32)))
        let rules = AccessTokenRules(issuer: "shop", audience: "shop")
        func tokens(_ key: SigningKey?, _ keys: [SigningKey]) -> AccessTokens {
            AccessTokens(keys: keys.map(\.verificationKey), signingKey: key, rules: rules, lifetime: .seconds(600))
        }
        let now = Timestamp(microseconds: 1_772_648_411_402_117)
        let issued = try #require(tokens(old, [old]).issue(claims, at: now))
        #expect(try tokens(new, [new, old]).verify(Array(issued.utf8), at: now) == claims)
        #expect(throws: JWTError.self) { try tokens(new, [new]).verify(Array(issued.utf8), at: now) }
        #expect(throws: JWTError.self) { try tokens(old, [old]).verify(Array(issued.utf8), at: now + .seconds(606)) }
        #expect(tokens(nil, [old]).issue(claims) == nil)
        let foreign = try #require(
            old.sign(Array(#"{"iss":"shop","aud":"shop","sub":"x","nbf":0,"exp":9999999999}"#.utf8), type: "at+jwt"))
        #expect(throws: JWTError.self) { try tokens(old, [old]).verify(Array(foreign.utf8), at: now) }
    }
}
