import Formats

/// How long a sign-in with a password must wait after failures: a pure value.
///
/// The wait grows for each pair of an account and a client by itself, so failures from elsewhere do not delay the owner. Failures from
/// everywhere count too, with more of them free; from where the person has signed in before, they never count. And a mailed link signs
/// in at any time. So an attacker who spreads over many addresses is slowed down, and the owner is not locked out.
package enum SignInThrottle {
    /// The failures of an account: from one client, or from all.
    package struct Failures: Sendable, Equatable {
        package let count: Int
        /// Since the last one.
        package let age: Duration

        package init(count: Int, age: Duration) {
            self.count = count
            self.age = age
        }
    }

    /// After so many failures the next one has to wait: from one client, and from all.
    package static let freeOfClient = 5
    package static let freeOfAll = 50
    package static let longestOfClient: Duration = .seconds(900)
    package static let longestOfAll: Duration = .seconds(3_600)
    /// After so long without a failure, counting begins again.
    package static let memory: Duration = .seconds(4 * 3_600)

    /// The time until the next attempt is allowed; zero where it is allowed now.
    /// - Parameter isKnown: whether the person has signed in from this client before
    package static func wait(client: Failures?, all: Failures?, isKnown: Bool) -> Duration {
        let own = wait(client, free: freeOfClient, longest: longestOfClient)
        return isKnown ? own : max(own, wait(all, free: freeOfAll, longest: longestOfAll))
    }

    /// How many failures count against an attempt.
    /// - Parameter isKnown: as for ``wait(client:all:isKnown:)``
    package static func failures(client: Failures?, all: Failures?, isKnown: Bool) -> Int {
        [client, isKnown ? nil : all].compactMap { $0 }.filter { $0.age < memory }.map(\.count).max() ?? 0
    }

    private static func wait(_ failures: Failures?, free: Int, longest: Duration) -> Duration {
        guard let failures, failures.count >= free, failures.age < memory else { return .zero }
        // 1, 2, 4, 8, … seconds.
        let delay = min(longest, Duration.seconds(1 << min(20, failures.count - free)))
        return max(.zero, delay - max(.zero, failures.age))
    }
}
