import Testing

@testable import RedisClient

@Suite struct ReplyReaderTests {
    /// All replies of `bytes`, fed in portions of `size`.
    private func read(_ bytes: [UInt8], by size: Int = .max, longest: Int = 1 << 20) throws -> [RedisValue] {
        let reader = try ReplyReader(maxReplyBytes: longest)
        var replies: [RedisValue] = []
        var start = 0
        while start < bytes.count {
            let end = size > bytes.count - start ? bytes.count : start + size
            // In memory of exactly that length, so that the address sanitizer sees a read beyond it.
            let portion = UnsafeMutableRawBufferPointer.allocate(byteCount: end - start, alignment: 1)
            defer { portion.deallocate() }
            portion.copyBytes(from: bytes[start..<end])
            try reader.feed(UnsafeRawBufferPointer(portion)) {
                replies.append($0)
                return true
            }
            start = end
        }
        return replies
    }

    private func read(_ text: String, by size: Int = .max) throws -> [RedisValue] {
        try read(Array(text.utf8), by: size)
    }

    @Test func repliesAreTheSameHoweverTheyArePortioned() throws {
        let text =
            "+OK\r\n-ERR no\r\n:-42\r\n$5\r\na\r\nb\0\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n*2\r\n*3\r\n:1\r\n$1\r\nx\r\n*0\r\n+y\r\n:7\r\n"
        let expected: [RedisValue] = [
            .status("OK"), .error("ERR no"), .integer(-42), .string(Array("a\r\nb\0".utf8)), .string([]), .null, .null,
            .array([]), .array([.array([.integer(1), .string([0x78]), .array([])]), .status("y")]), .integer(7),
        ]
        for size in 1...text.utf8.count { #expect(try read(text, by: size) == expected) }
    }

    @Test func numbersAreReadUpToTheirLimits() throws {
        #expect(try read(":9223372036854775807\r\n:-9223372036854775808\r\n") == [.integer(.max), .integer(.min)])
        for bad in ["9223372036854775808", "-9223372036854775809", "abc", "", "1a", "--1", "+1", " 1", "1e3", "00"] {
            #expect(throws: RedisError.self, "\(bad)") { try read(":\(bad)\r\n") }
        }
    }

    @Test func invalidProtocolIsRefused() {
        let refused = [
            "x", "\r\n", "\0", "HTTP/1.1 400 Bad Request\r\n\r\n", "$abc\r\n", "$-2\r\n", "$\r\n", "*-2\r\n", "*x\r\n",
            "*9223372036854775807\r\n", "$3\r\nabcde\r\n", "$3\r\nab\r\n\r\n", "*1\r\n\u{1}", "*1\r\n$x\r\n",
            String(repeating: "*1\r\n", count: 20), "%1\r\n+a\r\n+b\r\n", "_\r\n", "#t\r\n", ">1\r\n+a\r\n",
            ",1.5\r\n", "*1\r\n,1.5\r\n:1\r\n", "~1\r\n:1\r\n", "=5\r\ntxt:a\r\n", "(12\r\n", "*2\r\n#t\r\n#f\r\n",
        ]
        for text in refused {
            for size in [1, 2, 3, text.utf8.count] {
                #expect(throws: RedisError.self, "\(text.debugDescription) by \(size)") { _ = try read(text, by: size) }
            }
        }
    }

    @Test func sevenArraysMayNestAndDeeperOnesAreRefused() throws {
        let seven = String(repeating: "*1\r\n", count: 7) + ":1\r\n"
        #expect(try read(seven).count == 1)
        #expect(throws: RedisError.self) { try read("*1\r\n" + seven) }
    }

    @Test func aRefusalIsFinal() throws {
        let reader = try ReplyReader(maxReplyBytes: 100)
        for text in ["!", "+OK\r\n"] {
            #expect(throws: RedisError.self) {
                try Array(text.utf8).withUnsafeBytes { try reader.feed($0) { _ in true } }
            }
        }
    }

    @Test func endlessRepliesAreRefusedBeforeTheyFillTheMemory() {
        let megabyte = [UInt8](repeating: UInt8(ascii: "7"), count: 1 << 20)
        // A line, a number, a length without end.
        for start in ["+", "-", ":", "$", "*", "*2\r\n+"] {
            let error = #expect(throws: RedisError.self) { try read(Array(start.utf8) + megabyte, longest: 1 << 24) }
            #expect(error?.code == .protocolViolation)
        }
        // A body longer than the limit, whatever length it claims.
        for length in ["1100000", "9223372036854775807", "9223372036854775806", "4294967296"] {
            #expect(throws: RedisError.self) { try read(Array("$\(length)\r\n".utf8) + megabyte, longest: 1 << 20) }
        }
        // An array of many small values, each of which costs this side more than the sender.
        let bomb = Array(("*2147483647\r\n" + String(repeating: ":1\r\n", count: (1 << 20) + 1)).utf8)
        #expect(throws: RedisError.self) { try read(bomb, longest: 1 << 30) }
    }

    @Test func aReplyAsLongAsTheLimitIsRead() throws {
        let body = [UInt8](repeating: 0x20, count: 1 << 20)
        let reply = Array("$\(body.count)\r\n".utf8) + body + [0x0d, 0x0a]
        #expect(try read(reply, longest: reply.count) == [.string(body)])
        #expect(try read(reply + reply, longest: reply.count).count == 2)
    }

    @Test func randomBytesDoNotTrap() {
        let alphabet = Array("+-:$*0123456789\r\n\r\n\r\nab\0".utf8)
        let valid = Array("*3\r\n$3\r\nfoo\r\n:12\r\n*2\r\n+OK\r\n$-1\r\n-ERR x\r\n".utf8)
        for seed in 0..<30_000 {
            var chance = SeededRandom(state: UInt64(seed))
            var bytes: [UInt8]
            switch seed % 3 {
            case 0:
                bytes = (0..<Int.random(in: 1...60, using: &chance)).map { _ in .random(in: 0...255, using: &chance) }
            case 1:
                bytes = (0..<Int.random(in: 1...60, using: &chance)).map { _ in alphabet.randomElement(using: &chance) ?? 0 }
            default:
                bytes = valid + valid
                for _ in 0..<Int.random(in: 1...4, using: &chance) {
                    let index = Int.random(in: 0..<bytes.count, using: &chance)
                    switch Int.random(in: 0..<3, using: &chance) {
                    case 0: bytes[index] = alphabet.randomElement(using: &chance) ?? 0
                    case 1: bytes.remove(at: index)
                    default: bytes.insert(alphabet.randomElement(using: &chance) ?? 0, at: index)
                    }
                }
            }
            let size = Int.random(in: 1...20, using: &chance)
            // Portions must not change what is read, nor whether it is refused.
            let whole = Result { try read(bytes) }
            let parts = Result { try read(bytes, by: size) }
            switch (whole, parts) {
            case (.success(let one), .success(let other)): #expect(one == other)
            case (.failure, .failure): break
            default: #expect(Bool(false), "\(bytes) differs by \(size)")
            }
        }
    }
}
