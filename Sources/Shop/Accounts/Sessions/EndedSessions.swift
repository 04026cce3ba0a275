import Formats
import FoundationEssentials
import Synchronization
import Web

/// The sessions whose access tokens must no longer be accepted, although they have not expired. All loops of the process share it.
///
/// It is short: a session is listed only until its last token has expired.
package final class EndedSessions: Sendable {
    /// An entry of the table `session_end`.
    package enum Entry: Sendable, Equatable {
        case session(UUID)
        /// All sessions of an account with an earlier epoch.
        case account(UUID, epoch: Int32)
    }

    private struct State {
        var sessions: [UUID: UInt64] = [:]
        var accounts: [UUID: (epoch: Int32, until: UInt64)] = [:]
        var read: UInt64?
        var observers: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())
    /// How long an entry counts, in nanoseconds: until every token that it is about has expired.
    private let lifetime: UInt64
    /// A list that was read longer ago is not relied on, in nanoseconds.
    package static let longestAge: UInt64 = 2_000_000_000

    /// - Parameter tokenLifetime: of access tokens
    package init(tokenLifetime: Duration) {
        // The clocks of tasks may differ a little.
        lifetime = (tokenLifetime + .seconds(60)).nanosecondsClamped
    }

    /// Adds entries.
    /// - Parameters:
    ///   - read: when all entries that were committed before were read; nil for one that this process has just made
    ///   - now: nanoseconds of the monotonic clock
    package func add(_ entries: [Entry], read: UInt64? = nil, at now: UInt64) {
        let observers = state.withLock { state in
            let (until, overflow) = now.addingReportingOverflow(lifetime)
            var isNews = false
            for entry in entries {
                switch entry {
                case .session(let id):
                    guard state.sessions[id] == nil else { continue }
                    state.sessions[id] = overflow ? .max : until
                case .account(let id, let epoch):
                    if let known = state.accounts[id], known.epoch >= epoch { continue }
                    state.accounts[id] = (epoch, overflow ? .max : until)
                }
                isNews = true
            }
            if let read {
                state.read = max(state.read ?? 0, read)
                state.sessions = state.sessions.filter { $0.value > now }
                state.accounts = state.accounts.filter { $0.value.until > now }
            }
            return isNews ? state.observers : []
        }
        for observer in observers { observer() }
    }

    /// Calls `body` whenever there are new entries, on any thread: for what a session has opened and that goes on.
    package func observe(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.observers.append(body) } }

    /// Whether a session is listed as ended. What the list does not know yet may have ended, too.
    package func isListed(_ claims: AccessTokens.Claims) -> Bool { state.withLock { Self.isListed(claims, in: $0) } }

    private static func isListed(_ claims: AccessTokens.Claims, in state: borrowing State) -> Bool {
        if state.sessions[claims.principal.session] != nil { return true }
        if let known = state.accounts[claims.principal.account] { return claims.epoch < known.epoch }
        return false
    }

    /// Whether a token must no longer be accepted; nil where the list is too old to tell.
    package func isEnded(_ claims: AccessTokens.Claims, at now: UInt64) -> Bool? {
        state.withLock { state in
            if Self.isListed(claims, in: state) { return true }
            guard let read = state.read, now &- read <= Self.longestAge || read > now else { return nil }
            return false
        }
    }

    /// How far back the next reading has to go: as long as the last one is past, and some time more, since a transaction may be
    /// committed later than one that began after it. Nil where the list was never read: then all entries are needed.
    package func window(at now: UInt64) -> Duration? {
        guard let read = state.withLock({ $0.read }) else { return nil }
        return .seconds(60) + .nanoseconds(Int64(clamping: now > read ? now - read : 0))
    }
}
