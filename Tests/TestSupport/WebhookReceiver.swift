import Foundation

/// A receiver of webhooks in a process of its own, which verifies requests with another implementation than the shop's
/// (Tests/Peers/webhook_receiver.py). The path of its URL says how it answers.
package final class WebhookReceiver: Sendable {
    /// A request that it got.
    package struct Request: Decodable, Sendable {
        package let path: String
        /// By lower-case names.
        package let headers: [String: String]
        package let body: String
        /// For each of the receiver's secrets, whether the request is signed with it.
        package let verified: [Bool]
        /// 1 for the first request with its `webhook-id`.
        package let attempt: Int
    }

    package let port: UInt16
    private let peer: PeerProcess

    package init() throws {
        peer = try PeerProcess("webhook_receiver")
        guard let port = try UInt16(peer.value("port")) else { throw TestFailure("the receiver says no port") }
        self.port = port
        try setSecrets([])
    }

    /// Its URL with a path, such as `/gone`.
    package func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    /// The secrets with which it verifies from now on.
    package func setSecrets(_ secrets: [String]) throws {
        _ = try peer.directory.write("secrets", secrets.joined(separator: "\n"))
    }

    /// What it has got so far.
    package var requests: [Request] {
        readText(peer.directory.path + "/log").split(separator: "\n").compactMap {
            try? JSONDecoder().decode(Request.self, from: Data($0.utf8))
        }
    }

    /// Waits until a condition holds for what it has got.
    package func wait(seconds: Double = 30, until condition: ([Request]) -> Bool) throws {
        guard Deadline(seconds: seconds).poll(every: 20, until: { condition(requests) }) else {
            throw TestFailure("the receiver got \(requests.map { "\($0.path) \($0.headers["webhook-id"] ?? "")" })")
        }
    }

    /// Ends it: connections are refused.
    package func stop() { peer.kill() }
}
