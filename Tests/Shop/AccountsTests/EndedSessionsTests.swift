import Formats
import Foundation
import JWT
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
        #expect(list.isEnded(claims, at: start) == nil && list.isEmpty)
        list.add([], read: start, at: start)
        #expect(list.isEnded(claims, at: start + 2 * Self.second) == false)
        #expect(list.isEnded(claims, at: start + 2 * Self.second + 1) == nil)
        list.add([.session(claims.principal.session)], at: start)
        #expect(list.isEnded(claims, at: start + 60 * Self.second) == true)
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
