import EventLoop
import Web

/// One load for each key at a time: callers that come while it runs wait for its outcome. Confined to its loop.
///
/// This is the part within a process. ``SharedDocumentCache/lookUp(_:version:isCurrent:)`` does the same among processes.
final class SingleFlight<Value> {
    private let loop: EventLoop
    private var flights: [String: Promise<Value>] = [:]

    /// How many loads in a row the admission gate refuses before it refuses those that wait for them too.
    private static var maximumRefusals: Int { 4 }
    /// How long a load may take.
    private static var timeout: Duration { .seconds(10) }

    init(loop: EventLoop) { self.loop = loop }

    /// The outcome of the load that runs for `key`, or of a new one.
    /// - Parameter load: looks first whether an earlier load has ended since the caller looked
    func value(_ key: String, load: @escaping () async throws -> Value) async throws -> Value {
        let deadline = Deadline.current ?? .after(Self.timeout)
        var refusals = 0
        while let flight = flights[key] {
            do {
                return try await flight.value(by: deadline)
            } catch let overload as OverloadError {
                // The gate refused the client that began the load. The next client begins one of its own, and the others wait for
                // that; after a few refusals there is too much to do for all of them.
                refusals += 1
                if refusals >= Self.maximumRefusals { throw overload }
            }
        }
        let flight = Promise<Value>(on: loop)
        flights[key] = flight
        // A task of its own: when the first caller leaves, the others still wait.
        loop.run { [self] in
            // It does not have the first caller's deadline either, which may be short.
            await Deadline.$current.withValue(.after(Self.timeout)) {
                do {
                    let value = try await load()
                    flights[key] = nil
                    flight.succeed(value)
                } catch {
                    flights[key] = nil
                    flight.fail(error)
                }
            }
        }
        return try await flight.value(by: deadline)
    }
}
