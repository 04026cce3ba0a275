import CLibPQ
import DequeModule
import EventLoop

/// Whoever owns a connection on a loop.
protocol ConnectionOwner: AnyObject {
    /// It broke and is closed; its receivers have been told.
    func connectionLost(_ connection: PostgresConnection, _ error: PostgresError)
    /// Nothing is outstanding any more.
    func connectionDrained(_ connection: PostgresConnection)
}

/// A connection in pipeline mode, watched by a loop (PostgreSQL manual, 34.5).
///
/// Statements are queued in libpq's buffer and go out with their Sync. Answers come in the order of the questions,
/// so what is expected stands in one queue. Confined to its loop.
final class PostgresConnection: DescriptorHandler {
    enum Expected {
        case preparation(UInt32)
        case statement(any StatementReceiver, Int, name: UInt32)
        /// DEALLOCATE, ROLLBACK, SET: nobody waits for it.
        case housekeeping
        case sync((any StatementReceiver)?)
    }

    let id: Int
    let loop: EventLoop
    weak var owner: (any ConnectionOwner)?
    var onNotification: ((_ channel: String, _ payload: String) -> Void)?

    var handle: OpaquePointer?
    var statements: StatementCache
    var expected = Deque<Expected>()
    private var registration: Registration?
    /// Preparations that failed, and why: statements that were sent under these names meanwhile fail for the same reason.
    private var failedPreparations: [UInt32: PostgresError] = [:]
    private var headAnswered = false
    /// Whether what is sent until the next Sync is planned for its values.
    var plansAnew = false
    /// When the server was last heard, and when the oldest unanswered question was asked (monotonic nanoseconds).
    private(set) var lastHeard: UInt64
    private(set) var waitingSince: UInt64 = 0

    /// Takes over a connection that is open. On the loop.
    /// - Throws: ``PostgresError`` where libpq or the loop refuses it; it is closed then.
    init(id: Int, handle: PostgresHandle, loop: EventLoop, preparedStatements: Int = 512) throws(PostgresError) {
        self.id = id
        self.loop = loop
        self.handle = handle.pointer
        statements = StatementCache(capacity: preparedStatements)
        lastHeard = loop.now
        guard PQsetnonblocking(handle.pointer, 1) == 0, PQenterPipelineMode(handle.pointer) == 1,
            let registration = try? loop.register(PQsocket(handle.pointer), for: .read, handler: self)
        else {
            PQfinish(handle.pointer)
            self.handle = nil
            throw PostgresError(.connectionUnavailable, "the connection cannot be watched")
        }
        self.registration = registration
    }

    deinit { if let handle { PQfinish(handle) } }

    var isOpen: Bool { handle != nil }
    /// How many answers are still to come, Syncs included.
    var outstanding: Int { expected.count }
    /// Whether the session is in a transaction, as far as the answers so far tell.
    var isInTransaction: Bool {
        guard let handle else { return false }
        let status = PQtransactionStatus(handle)
        return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
    }

    // MARK: The loop

    func descriptorReady(_ readiness: Readiness) {
        guard let handle else { return }
        // Also on a hang-up: what the server said before it went is still to be read.
        let alive = PQconsumeInput(handle) == 1
        lastHeard = loop.now
        waitingSince = loop.now
        drain()
        guard self.handle != nil else { return }
        guard alive, PQstatus(handle) == CONNECTION_OK else {
            return fail(PostgresError(.connectionUnavailable, "connection lost"))
        }
        flush()
        if readiness.contains(.write) { drain() }
    }

    /// Writes what can be written; waits for both directions while something is left, as the server may
    /// not read on before its own answers are read.
    func flush() {
        guard let handle, let registration else { return }
        switch PQflush(handle) {
        case 0: loop.update(registration, to: .read)
        case 1: loop.update(registration, to: [.read, .write])
        default: failSoon()
        }
    }

    /// Tells the owner at the end of the turn, since it may be in the midst of sending.
    func failSoon() {
        loop.atTurnEnd { [self] in
            drain()
            fail(PostgresError(.connectionUnavailable, "connection lost"))
        }
    }

    // MARK: Ending

    /// Ends it and tells everybody.
    func fail(_ error: PostgresError) {
        guard isOpen else { return }
        let owner = owner
        close(error)
        owner?.connectionLost(self, error)
    }

    /// Ends it without telling the owner; whoever still waits hears `error`.
    func close(_ error: PostgresError = PostgresError(.closed)) {
        guard let handle else { return }
        if let registration { loop.deregister(registration) }
        registration = nil
        self.handle = nil
        PQfinish(handle)
        let left = expected
        expected = []
        for one in left {
            switch one {
            case .statement(let receiver, let index, _): receiver.statementEnded(index, .lost(error))
            case .sync(let receiver): receiver?.groupEnded(.lost(error))
            case .preparation, .housekeeping: break
            }
        }
    }

    // MARK: Answers

    /// Hands on every answer that is complete, without blocking: PQgetResult would wait if PQisBusy were not asked first.
    func drain() {
        var empty = 0
        while let handle, let head = expected.first, PQisBusy(handle) == 0 {
            guard let result = PQgetResult(handle) else {
                // Ends the answer to one statement. Twice in a row without one would be an endless loop.
                empty += 1
                if headAnswered {
                    headAnswered = false
                    expected.removeFirst()
                } else if empty > 1 {
                    break
                }
                continue
            }
            empty = 0
            take(ResultHandle(result), for: head)
        }
        guard let handle else { return }
        if let onNotification { deliverNotifications(handle, to: onNotification) }
        if expected.isEmpty {
            // Lets libpq read what came unasked: parameter changes, the reason of a shutdown.
            _ = PQisBusy(handle)
            if !failedPreparations.isEmpty { failedPreparations = [:] }
            owner?.connectionDrained(self)
        }
    }

    private func take(_ result: ResultHandle, for head: Expected) {
        let status = PQresultStatus(result.pointer)
        switch head {
        case .sync(let receiver):
            if status == PGRES_PIPELINE_SYNC {
                expected.removeFirst()
                receiver?.groupEnded(.ended)
            } else {
                // The commit at the Sync failed, or the session ended there.
                let error = PostgresError(result: result.pointer)
                receiver?.groupEnded(error.code == .connectionUnavailable ? .lost(error) : .failed(error))
            }
        case .preparation(let name):
            headAnswered = true
            guard status != PGRES_COMMAND_OK else { return }
            statements.forget(name)
            guard status == PGRES_FATAL_ERROR else { return }
            if failedPreparations.count >= 512 { failedPreparations = [:] }
            failedPreparations[name] = PostgresError(result: result.pointer)
        case .housekeeping:
            headAnswered = true
        case .statement(let receiver, let index, let name):
            headAnswered = true
            switch status {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
                receiver.statementEnded(index, .rows(PostgresRows(result: result)))
            case PGRES_PIPELINE_ABORTED:
                receiver.statementEnded(index, failedPreparations[name].map { .failed($0) } ?? .skipped)
            case PGRES_FATAL_ERROR:
                var error = PostgresError(result: result.pointer)
                if error.isStalePlan {
                    statements.forget(name)
                    if let cause = failedPreparations[name] { error = cause }
                }
                receiver.statementEnded(index, error.code == .connectionUnavailable ? .lost(error) : .failed(error))
            default:
                receiver.statementEnded(index, .failed(PostgresError(.protocolViolation, "unexpected result status")))
                // COPY and the like have no place in a pipeline; the connection is of no more use.
                failSoon()
            }
        }
    }

    private func deliverNotifications(_ handle: OpaquePointer, to receive: (String, String) -> Void) {
        while let notification = PQnotifies(handle) {
            defer { PQfreemem(notification) }
            guard let channel = notification.pointee.relname else { continue }
            receive(String(cString: channel), notification.pointee.extra.map { String(cString: $0) } ?? "")
        }
    }

    /// Marks that the wait for an answer begins, unless one is awaited already.
    func beginWaiting() {
        if expected.isEmpty { waitingSince = loop.now }
    }
}
