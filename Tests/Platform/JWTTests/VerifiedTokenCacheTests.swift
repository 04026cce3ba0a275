import Testing

@testable import JWT

@Suite("Verified tokens")
struct VerifiedTokenCacheTests {
    private typealias Key = VerifiedTokenCache<Int>.Key

    private func key(_ number: Int) -> Key { Key(Array("token \(number)".utf8)) }

    @Test("a token is known until it expires, and no other one is")
    func expiry() {
        let cache = VerifiedTokenCache<Int>(capacity: 100)
        cache.insert(1, for: key(1), until: 1_000)
        #expect(cache.value(for: key(1), at: 999) == 1 && cache.value(for: key(1), at: 1_000) == nil)
        #expect(cache.value(for: key(2), at: 999) == nil)
        cache.insert(2, for: key(1), until: 2_000)
        #expect(cache.value(for: key(1), at: 1_000) == 2)
    }

    @Test("the name of a token is the same for every collection of its bytes, and another one for each other token")
    func names() {
        let bytes = Array("a token".utf8)
        #expect(Key(bytes) == Key(bytes[...]) && Key(bytes) == Key("a token".utf8) && Key(bytes) == Key(bytes.lazy.map { $0 }))
        #expect(Set((0..<10_000).map(key)).count == 10_000)
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 1
            #expect(Key(other) != Key(bytes))
        }
        #expect(Key(bytes.dropLast()) != Key(bytes))
    }

    @Test("it never has more tokens than its capacity, and forgets those first that were not used")
    func bounds() {
        let cache = VerifiedTokenCache<Int>(capacity: 100)
        for number in 0..<10_000 {
            cache.insert(number, for: key(number), until: 1_000)
            #expect(cache.value(for: key(number), at: 0) == number && cache.count <= 100)
            // In use all the time.
            #expect(cache.value(for: key(0), at: 0) == 0)
        }
        #expect(cache.value(for: key(1), at: 0) == nil && cache.value(for: key(9_990), at: 0) == 9_990)
        let none = VerifiedTokenCache<Int>(capacity: 0)
        none.insert(1, for: key(1), until: 1_000)
        #expect(none.value(for: key(1), at: 0) == nil && none.count == 0)
    }

    @Test("threads may use it at the same time")
    func threads() async {
        let cache = VerifiedTokenCache<Int>(capacity: 64)
        await withTaskGroup(of: Bool.self) { group in
            for task in 0..<8 {
                group.addTask {
                    (0..<2_000).allSatisfy { number in
                        let key = Key(Array("\(number % 100)".utf8))
                        let found = cache.value(for: key, at: 0)
                        if (number + task) % 3 == 0 { cache.insert(number % 100, for: key, until: 10) }
                        return found == nil || found == number % 100
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
        #expect(cache.count <= 64)
    }
}
