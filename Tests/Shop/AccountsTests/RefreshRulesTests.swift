import Formats
import Testing

@testable import Accounts

/// Refresh tokens.
@Suite("Refresh tokens")
struct RefreshRulesTests {
    @Test("a token is issued once, once more within ten seconds, and then its session ends")
    func rules() {
        typealias Token = RefreshRules.StoredToken
        #expect(RefreshRules.decide(Token(usedAgo: nil, isRepeated: false)) == .first)
        for microseconds in [0, 1, 9_999_999, 10_000_000] as [Int64] {
            #expect(RefreshRules.decide(Token(usedAgo: .microseconds(microseconds), isRepeated: false)) == .repeated)
            #expect(RefreshRules.decide(Token(usedAgo: .microseconds(microseconds), isRepeated: true)) == .reused)
        }
        #expect(RefreshRules.decide(Token(usedAgo: .microseconds(10_000_001), isRepeated: false)) == .reused)
        #expect(RefreshRules.decide(nil) == .reused)
    }

    @Test("a token can be read again, its successor shares only the family, and nothing shows it")
    func text() throws {
        let token = RefreshToken()
        #expect(token.text.utf8.count == 64)
        let read = try #require(RefreshToken(token.text))
        #expect(read.hash == token.hash && read.familyHash == token.familyHash)
        let next = token.successor()
        #expect(next.familyHash == token.familyHash && next.hash != token.hash)
        #expect(RefreshToken().familyHash != token.familyHash)
        #expect("\(token)" == "RefreshToken(…)")
        for text in ["", "a", String(token.text.dropLast()), token.text + "A", token.text + "=", " " + token.text] {
            #expect(RefreshToken(text) == nil)
        }
    }
}
