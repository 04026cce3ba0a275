import Testing

@testable import RedisClient

@Suite struct CommandEncoderTests {
    private func encoded(_ commands: [[RedisArgument]]) throws -> [UInt8] {
        var encoder = CommandEncoder()
        var output: [UInt8] = []
        for command in commands { try encoder.append(command, to: &output) }
        return output
    }

    @Test func commandsAreArraysOfBulkStrings() throws {
        let commands: [[RedisArgument]] = [["GET", "ключ"], ["SET", "", .bytes([]), .bytes([0, 13, 10]), .integer(.min)]]
        #expect(
            try encoded(commands)
                == Array("*2\r\n$3\r\nGET\r\n$8\r\nключ\r\n*5\r\n$3\r\nSET\r\n$0\r\n\r\n$0\r\n\r\n$3\r\n\0\r\n\r\n".utf8)
                + Array("$20\r\n-9223372036854775808\r\n".utf8))
    }

    @Test func anEmptyCommandIsRefusedAndOneOfEmptyWordsIsNot() throws {
        #expect(throws: RedisError.self) { try encoded([[]]) }
        #expect(try encoded([["", .bytes([])]]) == Array("*2\r\n$0\r\n\r\n$0\r\n\r\n".utf8))
    }

    /// A command has the form of a reply, so the reader takes it apart again.
    @Test func theReaderReadsWhatTheEncoderWrote() throws {
        for seed in 0..<2_000 {
            var chance = SeededRandom(state: UInt64(seed))
            let commands = (0..<3).map { _ in
                (0..<Int.random(in: 1...6, using: &chance)).map { _ in
                    (0..<Int.random(in: 0...40, using: &chance)).map { _ in UInt8.random(in: 0...255, using: &chance) }
                }
            }
            let bytes = try encoded(commands.map { $0.map { .bytes($0) } })
            let reader = try ReplyReader(maxReplyBytes: 1 << 20)
            var replies: [RedisValue] = []
            try bytes.withUnsafeBytes { bytes in
                try reader.feed(bytes) {
                    replies.append($0)
                    return true
                }
            }
            #expect(replies == commands.map { .array($0.map { .string($0) }) })
        }
    }
}
