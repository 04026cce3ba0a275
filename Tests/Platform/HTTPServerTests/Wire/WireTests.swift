import Foundation
import Testing
import TestSupport

@testable import HTTPServer

/// The cases on a socket: whole, behind a request that is right, byte by byte, and cut in two at every offset.
@Suite struct WireTests {
    private static let first = "GET /first HTTP/1.1\r\nHost: a\r\n\r\n"
    /// Is answered last where the connection stays, and never where it does not.
    private static let after = "GET /after HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    @Test(arguments: WireCases.messages + WireCases.exchanges)
    func getsItsVerdictWholeAndBehindAnotherAndByteByByte(_ wire: WireCase) async throws {
        try await verdicts(wire) { running in
            let bytes = wire.sent.wire
            return [
                try Self.disagreement(wire, running, [bytes + Array(Self.after.utf8)]),
                try Self.disagreement(wire, running, [Array(Self.first.utf8) + bytes + Array(Self.after.utf8)], isSecond: true),
                try Self.disagreement(wire, running, (bytes + Array(Self.after.utf8)).map { [$0] }),
            ]
        }
    }

    @Test(arguments: WireCases.exchanges) func getsTheSameVerdictSplitAtEveryOffset(_ wire: WireCase) async throws {
        try await verdicts(wire) { running in
            let bytes = wire.sent.wire + Array(Self.after.utf8)
            return try (1..<bytes.count).map {
                try Self.disagreement(wire, running, [Array(bytes[..<$0]), Array(bytes[$0...])])
            }
        }
    }

    private func verdicts(_ wire: WireCase, _ body: @escaping @Sendable (RunningServer) throws -> [String?]) async throws {
        try await RunningServer.with { running in
            let disagreements = try await onOwnThread { try body(running) }.compactMap { $0 }
            #expect(disagreements.isEmpty)
            #expect(!running.journal.begun.contains("/smuggled"))
            #expect(running.journal.begun.contains("/after") == (wire.end == .kept))
        }
    }

    /// Sends the pieces on a new connection; what comes back that should not, or nil.
    private static func disagreement(
        _ wire: WireCase, _ running: RunningServer, _ pieces: [[UInt8]], isSecond: Bool = false
    ) throws -> String? {
        let socket = try RawSocket(port: running.port)
        for (index, piece) in pieces.enumerated() {
            // Mostly time enough for the server to see the first by itself; where it is not, the two come as one.
            if index == 1, pieces.count == 2 { Thread.sleep(forTimeInterval: 0.000_2) }
            try socket.send(piece)
        }
        let replies = try WireReply.all(in: try socket.readToEnd()) {
            $0 == (isSecond ? 1 : 0) && wire.sent.hasPrefix("HEAD ")
        }
        let answer = wire.end == .kept ? replies.dropLast().last : replies.last
        let isRight =
            replies.map(\.status) == (isSecond ? [200] : []) + wire.statuses + (wire.end == .kept ? [200] : [])
            && replies.last?.header("connection") == "close"
            && replies.dropLast().allSatisfy { $0.header("connection") != "close" }
            && (wire.end == .closed || replies.last?.text == "/after")
            && (wire.body == nil || answer?.text == wire.body)
            && replies.allSatisfy { $0.header("date")?.hasSuffix(" GMT") == true }
        return isRight ? nil : "in pieces of \(pieces.map(\.count)): \(replies)"
    }
}
