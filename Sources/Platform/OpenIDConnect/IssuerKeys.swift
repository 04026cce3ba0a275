import CSystem
import EventLoop
import HTTPClient
import Logging
import Synchronization

/// The keys of one issuer, fetched on a loop of their own and read from every loop.
///
/// The last good set is kept while the issuer does not answer, or answers nonsense.
// Unchecked: `client`, `timer` and `isPostponed` are used on the loop only; the rest is immutable or locked.
package final class IssuerKeys: @unchecked Sendable {
    /// A set, and a number that is another one for each other set.
    package struct Snapshot: Sendable {
        package let keys: IssuerKeySet
        package let generation: UInt64
    }

    private struct State {
        var snapshot: Snapshot?
        var schedule: KeyRefreshSchedule
        var isFetching = false
        var isClosed = false
        var waiting: [CheckedContinuation<Bool, Never>] = []
    }

    package let issuer: TrustedIssuer
    private let settings: IssuerKeySettings
    private let loop: EventLoop
    private let logger: Logger
    private let metrics: IssuerMetrics
    private let state: Mutex<State>
    private var client: HTTPClient?
    private var timer: LoopTimer?
    /// Whether a fetch waits for the start.
    private var isPostponed = false

    init(_ issuer: TrustedIssuer, settings: IssuerKeySettings, loop: EventLoop, logger: Logger) {
        self.issuer = issuer
        self.settings = settings
        self.loop = loop
        var logger = logger
        logger[metadataKey: "issuer"] = "\(issuer.issuer)"
        self.logger = logger
        metrics = IssuerMetrics(issuer: issuer.issuer)
        state = Mutex(State(schedule: KeyRefreshSchedule(interval: settings.interval, lifetime: settings.lifetime)))
    }

    /// The present keys; nil until they were fetched for the first time.
    package var snapshot: Snapshot? { state.withLock { $0.snapshot } }

    /// Waits until the keys were fetched again.
    /// - Returns: false at once where it is too early for that, or too many wait already.
    package func refreshed() async -> Bool {
        let now = csystem_monotonic()
        return await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            let (waits, begins) = state.withLock { state -> (Bool, Bool) in
                guard !state.isClosed, state.waiting.count < settings.maximumWaiting else { return (false, false) }
                let begins = !state.isFetching
                if begins {
                    guard state.schedule.allowsAttempt(at: now) else { return (false, false) }
                    state.isFetching = true
                    state.schedule.began(at: now)
                }
                state.waiting.append(continuation)
                return (true, begins)
            }
            guard waits else { return continuation.resume(returning: false) }
            if begins { loop.execute { self.fetch() } }
        }
    }

    // MARK: On the loop

    func start(_ client: HTTPClient) {
        loop.assertInLoop()
        self.client = client
        if isPostponed { fetch() } else { tick() }
    }

    func close() {
        loop.assertInLoop()
        timer?.cancel()
        client = nil
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: false) }
    }

    /// Fetches the keys where that is due, else waits until it is.
    private func tick() {
        let now = csystem_monotonic()
        let wait = state.withLock { state -> UInt64? in
            // The end of the attempt sets the timer.
            guard !state.isFetching, !state.isClosed else { return nil }
            guard state.schedule.due <= now else { return state.schedule.due }
            state.isFetching = true
            state.schedule.began(at: now)
            return 0
        }
        guard let wait else { return }
        guard wait > 0 else { return fetch() }
        timer?.cancel()
        timer = loop.schedule(at: wait) { [weak self] in self?.tick() }
    }

    private func fetch() {
        isPostponed = client == nil
        guard let client else { return }
        let fetcher = KeyFetcher(issuer: issuer, settings: settings, client: client)
        loop.run { [self] in
            do throws(KeyFetcher.Failure) { ended(.success(try await fetcher.fetch())) } catch { ended(.failure(error)) }
        }
    }

    private func ended(_ result: Result<(keys: IssuerKeySet, maximumAge: Duration?), KeyFetcher.Failure>) {
        let now = csystem_monotonic()
        let (waiting, hasChanged) = state.withLock { state -> ([CheckedContinuation<Bool, Never>], Bool) in
            state.isFetching = false
            var hasChanged = false
            switch result {
            case .success(let (keys, maximumAge)):
                state.schedule.succeeded(at: now, maximumAge: maximumAge)
                hasChanged = state.snapshot?.keys.documents != keys.documents
                if hasChanged {
                    state.snapshot = Snapshot(keys: keys, generation: (state.snapshot?.generation ?? 0) &+ 1)
                }
            case .failure: state.schedule.failed(at: now)
            }
            defer { state.waiting = [] }
            return (state.waiting, hasChanged)
        }
        for continuation in waiting { continuation.resume(returning: true) }
        switch result {
        case .success(let (keys, _)):
            metrics.fetched(keys: keys.keys.count)
            if hasChanged { logger.info("an issuer has other keys", metadata: ["keys": "\(keys.keys.count)"]) }
        case .failure(let failure):
            metrics.failed()
            logger.warning("the keys of an issuer cannot be fetched", metadata: ["reason": "\(failure)"])
        }
        tick()
    }
}
