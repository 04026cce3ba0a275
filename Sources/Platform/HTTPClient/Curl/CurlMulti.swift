import CCurl
import CSystem
import EventLoop
import Glibc

/// A transfer that libcurl carries out, with its easy handle.
protocol CurlTransfer: AnyObject {
    /// The handle; the transfer frees it.
    var easy: CurlEasy { get }
    /// The transfer has ended and was removed from its ``CurlMulti``. It may be added again.
    func transferEnded(_ code: CURLcode)
}

/// How many connections a ``CurlMulti`` has.
struct CurlLimits: Sendable {
    /// To one host; transfers beyond wait for one.
    var connectionsPerHost: Int
    /// In all, idle ones included.
    var connections: Int

    init(connectionsPerHost: Int, connections: Int) {
        self.connectionsPerHost = max(1, connectionsPerHost)
        self.connections = max(1, connections)
    }
}

/// Transfers of libcurl's multi interface on an event loop, with a pool of connections (curl_multi_socket_action(3)).
///
/// libcurl calls back to say which descriptors it waits for and until when. No callback calls libcurl: what follows from one is done
/// at the end of the turn, for all transfers of the turn at once.
///
/// Confined to its loop, entry points assert it. It must be closed with ``close()``.
final class CurlMulti {
    let loop: EventLoop
    private let multi: UnsafeMutableRawPointer
    /// The transfers that libcurl has, by their handles.
    private var active: [UnsafeMutableRawPointer: any CurlTransfer] = [:]
    private var sockets: [Int32: CurlSocket] = [:]
    /// Descriptors that could not be watched, with the handles of the transfers that libcurl has named for them.
    private var unwatched: [(descriptor: Int32, easy: UnsafeMutableRawPointer?)] = []
    private let connectionsChanged: (Int) -> Void

    /// When libcurl wants to be called; in nanoseconds of the monotonic clock.
    private var due = UInt64.max
    /// Fires at `due` or earlier.
    private var timer: LoopTimer?
    private var timerInstant = UInt64.max
    /// libcurl wants to be called as soon as it can.
    private var isDueNow = false
    private var isTurnEndScheduled = false
    /// How often the end of this turn has come; see ``endTurn()``.
    private var turn: UInt64 = 0
    private var rounds = 0
    private var isClosed = false

    /// Nil where libcurl cannot be used (``CurlLibrary/fault``) or memory is short.
    /// - Parameter connectionsChanged: called with 1 for a connection that is opened, and with -1 for one that is closed
    init?(loop: EventLoop, limits: CurlLimits, connectionsChanged: @escaping (Int) -> Void = { _ in }) {
        guard CurlLibrary.fault == nil, let multi = curl_multi_init() else { return nil }
        self.loop = loop
        self.multi = multi
        self.connectionsChanged = connectionsChanged
        let pointer = Unmanaged.passUnretained(self).toOpaque()
        var codes: [CURLMcode] = []
        codes.append(ccurl_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, pointer))
        let socketCode = ccurl_multi_set_socket_function(multi) { easy, descriptor, what, pointer, _ in
            CurlMulti.from(pointer)?.interestChanged(of: descriptor, to: what, by: easy)
            // An error would end all transfers.
            return 0
        }
        codes.append(socketCode)
        codes.append(ccurl_multi_set_pointer(multi, CURLMOPT_TIMERDATA, pointer))
        let timerCode = ccurl_multi_set_timer_function(multi) { _, milliseconds, pointer in
            CurlMulti.from(pointer)?.timerChanged(milliseconds)
            return 0
        }
        codes.append(timerCode)
        codes.append(ccurl_multi_set_number(multi, CURLMOPT_MAX_HOST_CONNECTIONS, limits.connectionsPerHost))
        codes.append(ccurl_multi_set_number(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, limits.connections))
        // As many as there may be: libcurl never has to close an idle connection to keep another one.
        codes.append(ccurl_multi_set_number(multi, CURLMOPT_MAXCONNECTS, limits.connections))
        guard codes.allSatisfy({ $0 == CURLM_OK }) else {
            curl_multi_cleanup(multi)
            isClosed = true
            return nil
        }
    }

    deinit { assert(isClosed, "a CurlMulti was not closed") }

    private static func from(_ pointer: UnsafeMutableRawPointer?) -> CurlMulti? {
        pointer.map { Unmanaged<CurlMulti>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: Transfers

    /// Begins a transfer, at the end of this turn. On the loop.
    /// - Returns: whether libcurl has taken it
    func add(_ transfer: any CurlTransfer) -> Bool {
        loop.assertInLoop()
        let easy = transfer.easy.handle
        // For the life of its connections, which is longer than the transfer's.
        let pointer = Unmanaged.passUnretained(self).toOpaque()
        transfer.easy.set(CURLOPT_CLOSESOCKETDATA, pointer: pointer)
        transfer.easy.set(closeFunction: { pointer, descriptor in
            guard let multi = CurlMulti.from(pointer) else { return Glibc.close(descriptor) }
            return multi.closeConnection(descriptor)
        })
        guard !isClosed, transfer.easy.isUsable, curl_multi_add_handle(multi, easy) == CURLM_OK else { return false }
        active[easy] = transfer
        return true
    }

    /// Ends a transfer at once; its connection is closed unless it is idle. `transferEnded` is not called. On the loop.
    func remove(_ transfer: any CurlTransfer) {
        loop.assertInLoop()
        guard take(transfer.easy.handle) != nil else { return }
        curl_multi_remove_handle(multi, transfer.easy.handle)
    }

    /// Ends all transfers, and closes all connections. On the loop.
    func close() {
        loop.assertInLoop()
        guard !isClosed else { return }
        isClosed = true
        // Otherwise libcurl would end TLS with each server.
        for socket in sockets.values where socket.isConnection { shutdown(socket.descriptor, Int32(SHUT_RDWR)) }
        let ending = active
        active = [:]
        for (easy, transfer) in ending {
            curl_multi_remove_handle(multi, easy)
            transfer.transferEnded(CURLE_ABORTED_BY_CALLBACK)
        }
        curl_multi_cleanup(multi)
        for socket in sockets.values { socket.end() }
        sockets = [:]
        timer?.cancel()
    }

    // MARK: Descriptors

    /// Opens a socket for a transfer of this multi, from its CURLOPT_OPENSOCKETFUNCTION; CURL_SOCKET_BAD with errno.
    func openConnection(_ address: UnsafePointer<curl_sockaddr>) -> curl_socket_t {
        let kind = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(address.pointee.family, kind, address.pointee.protocol)
        guard descriptor >= 0 else { return CURL_SOCKET_BAD }
        sockets[descriptor] = CurlSocket(descriptor, isConnection: true, loop: loop, multi: self)
        connectionsChanged(1)
        return descriptor
    }

    private func closeConnection(_ descriptor: Int32) -> Int32 {
        if let socket = sockets.removeValue(forKey: descriptor) {
            socket.end()
            if socket.isConnection { connectionsChanged(-1) }
        }
        return Glibc.close(descriptor)
    }

    private func interestChanged(of descriptor: Int32, to what: Int32, by easy: UnsafeMutableRawPointer?) {
        guard what != CURL_POLL_REMOVE else {
            guard let socket = sockets[descriptor] else { return }
            if socket.isConnection { return socket.rest() }
            // libcurl closes it, and does not call `closeConnection`.
            socket.end()
            sockets[descriptor] = nil
            return
        }
        let socket = sockets[descriptor] ?? CurlSocket(descriptor, isConnection: false, loop: loop, multi: self)
        sockets[descriptor] = socket
        var interest: Readiness = []
        if what == CURL_POLL_IN || what == CURL_POLL_INOUT { interest.insert(.read) }
        if what == CURL_POLL_OUT || what == CURL_POLL_INOUT { interest.insert(.write) }
        do {
            try socket.watch(for: interest)
        } catch {
            unwatched.append((descriptor, easy))
            scheduleTurnEnd()
        }
    }

    func socketReady(_ descriptor: Int32, _ readiness: Readiness) {
        // A connection that is gone can be read and written: libcurl finds the error itself.
        let gone = !readiness.isDisjoint(with: [.hangup, .failure])
        var events: Int32 = 0
        if gone || readiness.contains(.read) { events |= CURL_CSELECT_IN }
        if gone || readiness.contains(.write) { events |= CURL_CSELECT_OUT }
        act(on: descriptor, events)
    }

    private func act(on descriptor: curl_socket_t, _ events: Int32) {
        guard !isClosed else { return }
        var running: Int32 = 0
        curl_multi_socket_action(multi, descriptor, events, &running)
        scheduleTurnEnd()
    }

    // MARK: Time

    private func timerChanged(_ milliseconds: Int) {
        guard milliseconds > 0 else {
            due = .max
            isDueNow = milliseconds == 0
            if isDueNow { scheduleTurnEnd() }
            return
        }
        isDueNow = false
        due = csystem_monotonic().adding(UInt64(milliseconds).multipliedClamped(by: 1_000_000))
        armTimer()
    }

    /// A timer that fires too early is left alone and set again when it fires: with many transfers `due` moves with each of them.
    private func armTimer() {
        guard due < timerInstant else { return }
        timer?.cancel()
        timerInstant = due
        timer = loop.schedule(at: due) { [weak self] in self?.timerFired() }
    }

    private func timerFired() {
        timer = nil
        timerInstant = .max
        if due <= csystem_monotonic() {
            // Only a call of `timerChanged` sets it again.
            due = .max
            act(on: CURL_SOCKET_TIMEOUT, 0)
        }
        if due != .max { armTimer() }
    }

    // MARK: Turns

    private func scheduleTurnEnd() {
        guard !isTurnEndScheduled else { return }
        isTurnEndScheduled = true
        if turn != loop.turns { (turn, rounds) = (loop.turns, 0) }
        rounds += 1
        // libcurl may ask for another call in each call: its transfers must not keep the loop from its sockets.
        if rounds <= 8 {
            loop.atTurnEnd { [self] in endTurn() }
        } else {
            loop.schedule(after: .zero) { [self] in endTurn() }
        }
    }

    private func endTurn() {
        isTurnEndScheduled = false
        guard !isClosed else { return }
        if isDueNow {
            isDueNow = false
            var running: Int32 = 0
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
        }
        while !isClosed, let message = nextMessage() {
            guard let transfer = take(message.easy) else { continue }
            curl_multi_remove_handle(multi, message.easy)
            transfer.transferEnded(message.code)
        }
        endUnwatched()
    }

    /// Ends the transfers on descriptors that could not be watched. With HTTP/2, several transfers share a connection.
    private func endUnwatched() {
        guard !isClosed, !unwatched.isEmpty else { return }
        let failed = unwatched
        unwatched = []
        let ending = active.filter { easy, _ in
            failed.contains { $0.easy == easy || $0.descriptor == ccurl_get_socket(easy) }
        }
        for easy in ending.keys {
            // The end of another one may have ended it.
            guard let transfer = take(easy) else { continue }
            curl_multi_remove_handle(multi, easy)
            transfer.transferEnded(CURLE_COULDNT_CONNECT)
        }
    }

    /// The transfer of a handle, which has ended: the handle may soon be that of another transfer.
    private func take(_ easy: UnsafeMutableRawPointer) -> (any CurlTransfer)? {
        for index in unwatched.indices where unwatched[index].easy == easy { unwatched[index].easy = nil }
        return active.removeValue(forKey: easy)
    }

    private func nextMessage() -> (easy: UnsafeMutableRawPointer, code: CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            return (easy, message.pointee.data.result)
        }
        return nil
    }
}

extension UInt64 {
    fileprivate func multipliedClamped(by factor: UInt64) -> UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
