import CLibPQ
import DequeModule
import EventLoop

/// The owner of a connection on a loop.
protocol ConnectionOwner: AnyObject {
    /// The connection broke and is closed; its receivers have their outcomes.
    func connectionLost(_ connection: PostgresConnection, _ error: PostgresError)
    /// The connection has no outstanding answers any more.
    func connectionDrained(_ connection: PostgresConnection)
}

/// The outcome of a statement.
enum StatementOutcome {
    case rows(PostgresRows)
    /// The server refused it.
    case failed(PostgresError)
    /// Another statement of its Sync group failed before it, so it never ran.
    case skipped
    /// The connection was lost before the answer came.
    case lost(PostgresError)
}

/// Receives the outcome of statements that it sent over a connection. Called on the loop.
protocol StatementReceiver: AnyObject {
    /// The statement that was sent with this index has ended.
    func statementEnded(_ index: Int, _ outcome: StatementOutcome)
    /// All statements before the Sync have ended; with an error where the commit itself failed.
    func groupEnded(_ outcome: GroupOutcome)
    /// When its answer is due at the latest (monotonic nanoseconds); nil when it no longer waits.
    var deadline: UInt64? { get }
    /// The deadline passed.
    func deadlinePassed()
}

/// The outcome of a Sync group as a whole.
enum GroupOutcome {
    case ended
    case failed(PostgresError)
    case lost(PostgresError)
}

/// A connection in pipeline mode, watched by a loop (PostgreSQL manual, 34.5).
///
/// Statements are queued in libpq's buffer and go out with their Sync. Answers come in the order of the statements,
/// so the expected answers are one queue. Confined to its loop.
final class PostgresConnection: DescriptorHandler {
    private enum Expected {
        case preparation(UInt32)
        case statement(any StatementReceiver, Int, name: UInt32)
        /// DEALLOCATE, ROLLBACK, SET: its answer is ignored.
        case housekeeping
        case sync((any StatementReceiver)?)
    }

    let id: Int
    let loop: EventLoop
    weak var owner: (any ConnectionOwner)?
    var onNotification: ((_ channel: String, _ payload: String) -> Void)?

    private var handle: OpaquePointer?
    private var statements: StatementCache
    private var expected = Deque<Expected>()
    private var registration: Registration?
    /// Preparations that failed, and why: statements that were sent under these names since then fail for the same reason.
    private var failedPreparations: [UInt32: PostgresError] = [:]
    private var headAnswered = false
    /// Whether statements until the next Sync are planned for their values.
    private var usesCustomPlans = false
    /// When the server last sent something, and since when the oldest statement waits for its answer (monotonic nanoseconds).
    private(set) var lastHeard: UInt64
    private(set) var waitingSince: UInt64 = 0

    /// Takes over an open connection. On the loop.
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
    /// How many answers have yet to come, Syncs included.
    var outstanding: Int { expected.count }
    /// Whether the session is in a transaction, by the answers so far.
    var isInTransaction: Bool {
        guard let handle else { return false }
        let status = PQtransactionStatus(handle)
        return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
    }

    // MARK: Events

    func descriptorReady(_ readiness: Readiness) {
        guard let handle else { return }
        // Also on a hang-up: what the server sent before that has yet to be read.
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

    /// Writes as much as the socket takes; waits for both directions while something is left, as the server may
    /// not read on before its own answers are read.
    private func flush() {
        guard let handle, let registration else { return }
        switch PQflush(handle) {
        case 0: loop.update(registration, to: .read)
        case 1: loop.update(registration, to: [.read, .write])
        default: failSoon()
        }
    }

    /// Fails at the end of the turn, since the owner may be about to send more.
    private func failSoon() {
        loop.atTurnEnd { [self] in
            drain()
            fail(PostgresError(.connectionUnavailable, "connection lost"))
        }
    }

    // MARK: Sending

    /// Queues a statement, and its preparation where it is new to this connection.
    /// The receiver of a statement that libpq refuses loses it with the connection.
    func send(_ query: PostgresQuery, index: Int, for receiver: any StatementReceiver) {
        guard let handle else { return receiver.statementEnded(index, .lost(PostgresError(.connectionUnavailable))) }
        beginWaiting()
        if query.usesCustomPlan { return sendUnnamed(query, index: index, for: receiver, on: handle) }
        let use = statements.use(query)
        if let evicted = use.evicted { sendHousekeeping("DEALLOCATE s\(evicted)") }
        let sent = withStatementName(use.name) { name in
            if use.isNew {
                let types = query.parameters.list.map(\.type)
                guard PQsendPrepare(handle, name, query.sql, Int32(types.count), types) == 1 else { return false }
                expected.append(.preparation(use.name))
            }
            return query.parameters.withLibpqArrays { count, values, lengths, formats in
                PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1) == 1
            }
        }
        // In any case: if libpq refused the statement, the connection fails, and the receiver is notified.
        expected.append(.statement(receiver, index, name: use.name))
        if !sent { failSoon() }
    }

    /// Queues a statement without a name, which is planned for its values.
    private func sendUnnamed(
        _ query: PostgresQuery, index: Int, for receiver: any StatementReceiver, on handle: OpaquePointer
    ) {
        if !usesCustomPlans {
            // Until the Sync, or the end of the transaction. Not SET LOCAL, at which the server warns outside BEGIN.
            sendHousekeeping("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)")
            usesCustomPlans = true
        }
        let types = query.parameters.list.map(\.type)
        let sent = query.parameters.withLibpqArrays { count, values, lengths, formats in
            PQsendQueryParams(handle, query.sql, count, types, values, lengths, formats, 1) == 1
        }
        expected.append(.statement(receiver, index, name: 0))
        if !sent { failSoon() }
    }

    /// Queues a statement whose answer is ignored.
    func sendHousekeeping(_ sql: String) {
        guard let handle else { return }
        beginWaiting()
        expected.append(.housekeeping)
        if PQsendQueryParams(handle, sql, 0, nil, nil, nil, nil, 1) != 1 { failSoon() }
    }

    /// Queues a statement that is not prepared: BEGIN, COMMIT.
    func sendCommand(_ sql: String, index: Int, for receiver: any StatementReceiver) {
        guard let handle else { return receiver.statementEnded(index, .lost(PostgresError(.connectionUnavailable))) }
        beginWaiting()
        expected.append(.statement(receiver, index, name: 0))
        if PQsendQueryParams(handle, sql, 0, nil, nil, nil, nil, 1) != 1 { failSoon() }
    }

    /// Ends the group and sends what is queued.
    func sync(for receiver: (any StatementReceiver)?) {
        guard let handle else {
            receiver?.groupEnded(.lost(PostgresError(.connectionUnavailable)))
            return
        }
        beginWaiting()
        usesCustomPlans = false
        expected.append(.sync(receiver))
        // Flushes too; flush() sends the rest.
        if PQpipelineSync(handle) == 1 { flush() } else { failSoon() }
    }

    /// The wait for an answer begins, unless the connection waits for another already.
    private func beginWaiting() {
        if expected.isEmpty { waitingSince = loop.now }
    }

    // MARK: Closing

    /// Closes the connection during a statement, and asks the server to cancel the statement.
    func abort(_ error: PostgresError, canceller: ConnectionCanceller) {
        guard let handle else { return }
        canceller.cancel(handle)
        fail(error)
    }

    /// Closes the connection and notifies its receivers and its owner.
    func fail(_ error: PostgresError) {
        guard isOpen else { return }
        let owner = owner
        close(error)
        owner?.connectionLost(self, error)
    }

    /// Closes the connection without notifying the owner; its receivers get `error`.
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

    /// Delivers every complete answer without blocking: PQgetResult would wait without the check of PQisBusy.
    private func drain() {
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
            // Lets libpq read messages that answer no statement: parameter changes, the reason of a shutdown.
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
                // COPY and the like are impossible in a pipeline; the connection is unusable.
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

    // MARK: Receivers

    /// The receivers of the statements that wait for their answers, in order; the first is being run.
    var expectedReceivers: [any StatementReceiver] {
        expected.compactMap { one in
            if case .statement(let receiver, _, _) = one { receiver } else { nil }
        }
    }

    /// Notifies the receivers whose deadline has passed.
    /// - Returns: the next deadline.
    func expireReceivers(now: UInt64) -> UInt64 {
        var next = UInt64.max
        for one in expected {
            let waiting: (any StatementReceiver)? =
                switch one {
                case .statement(let receiver, _, _): receiver
                // The commit of a group happens at its Sync, and may take its time there.
                case .sync(let receiver): receiver
                case .preparation, .housekeeping: nil
                }
            guard let receiver = waiting, let deadline = receiver.deadline else { continue }
            if deadline <= now { receiver.deadlinePassed() } else { next = min(next, deadline) }
        }
        return next
    }
}

/// The name as libpq wants it, made on the stack: `s` and the number.
private func withStatementName(_ number: UInt32, _ body: (UnsafePointer<CChar>) -> Bool) -> Bool {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 12) { buffer in
        guard let base = buffer.baseAddress else { return false }
        var digits = 1
        var rest = number
        while rest >= 10 { rest /= 10; digits += 1 }
        rest = number
        buffer[0] = CChar(UInt8(ascii: "s"))
        for place in stride(from: digits, to: 0, by: -1) {
            buffer[place] = CChar(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        }
        buffer[digits + 1] = 0
        return body(base)
    }
}
