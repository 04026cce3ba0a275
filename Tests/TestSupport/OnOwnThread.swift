import Foundation

/// Runs what blocks on a thread of its own and waits for it without holding up anybody else.
///
/// Not on a Dispatch queue: a hundred blocked workers would use up the threads that the loops under test run on.
package func onOwnThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            continuation.resume(with: Result { try body() })
        }
    }
}
