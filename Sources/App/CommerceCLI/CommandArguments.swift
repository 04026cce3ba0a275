import ArgumentParser
import Configuration
import Events
import Formats
import FoundationEssentials

/// A value of the command line that says what it looks like, for the errors of the parser. `ExpressibleByArgument` has no place for
/// that, so properties name `read` as their `transform`.
protocol CommandArgument: Sendable {
    /// What the value looks like, for errors: "expected …".
    static var expectation: String { get }
    /// Nil for other text.
    init?(argument: String)
}

extension CommandArgument {
    /// - Throws: what was expected; the parser names the argument and its text.
    @Sendable static func read(_ text: String) throws -> Self {
        guard let value = Self(argument: text) else { throw UnexpectedArgument(description: "expected \(expectation)") }
        return value
    }
}

/// Why an argument cannot be read.
struct UnexpectedArgument: Error, CustomStringConvertible {
    let description: String
}

/// An id.
struct IDArgument: CommandArgument {
    static let expectation = "an id like 0199f0c2-7a31-7c5e-9d1b-5a4f3c2b1a09"

    let id: UUID

    init?(argument: String) {
        guard let id = UUID(utf8: argument.utf8) else { return nil }
        self.id = id
    }
}

/// A time, as in 2026-11-21T03:26:48Z, or how long ago it was, as in 2h.
struct TimeArgument: CommandArgument {
    static let expectation = "a time in the past like 2026-11-21T03:26:48Z, or how long ago it was, like 2h"

    let time: Timestamp

    init?(argument: String) {
        if let time = Timestamp(rfc3339: argument) {
            guard time <= .now else { return nil }
            self.time = time
        } else if let age = Duration(setting: argument) {
            time = .now - age
        } else {
            return nil
        }
    }
}

/// A time span, as in 24h.
struct DurationArgument: CommandArgument {
    static let expectation = "a time span like 90s, 24h or 7d"

    let duration: Duration

    static let day = DurationArgument(duration: .seconds(86_400))

    private init(duration: Duration) { self.duration = duration }

    init?(argument: String) {
        guard let duration = Duration(setting: argument) else { return nil }
        self.duration = duration
    }
}

/// The most rows of a list.
struct LimitArgument: CommandArgument {
    static let expectation = "a whole number from 1 to 1000"

    let count: Int

    /// What lists show without another limit.
    static let standard = LimitArgument(count: 20)

    private init(count: Int) { self.count = count }

    init?(argument: String) {
        guard let count = Int(argument), (1...1_000).contains(count) else { return nil }
        self.count = count
    }
}

extension EventPattern: CommandArgument {
    package init?(argument: String) { self.init(argument) }
}

extension DeliveryID: CommandArgument {
    static let expectation = "a delivery as commerce webhook deliveries shows it: the webhook's id, a colon and a number"

    package init?(argument: String) { self.init(argument) }
}

extension DeliveryState: ExpressibleByArgument {}
