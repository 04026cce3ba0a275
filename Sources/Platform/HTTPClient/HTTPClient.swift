import CSystem
import EventLoop
import Logging

/// Sends requests to other services, by libcurl on an event loop.
///
/// Connections are kept and used again. A request on a connection that the server has closed meanwhile is sent again on a new one if
/// nothing of an answer has come; so a request can arrive twice, and must be one that may. Redirects are not followed, nothing is
/// read from the environment (no proxy, no `SSLKEYLOGFILE`), there are no cookies. Connections of requests with an ``AddressPolicy`` are their own.
///
/// Confined to its loop, entry points assert it. It must be closed with ``close()``.
package final class HTTPClient {
    private typealias Continuation = UnsafeContinuation<Result<HTTPClientResponse, HTTPClientError>, Never>

    /// Why no client can be made, in one line: the service refuses to start then. Nil where all is well.
    package static var libraryFault: String? { CurlLibrary.fault }

    /// The handles that are kept for later requests.
    private static let spareHandles = 128
    /// How late a deadline may be noticed, in nanoseconds.
    private static let deadlineGrain: UInt64 = 10_000_000

    package let loop: EventLoop
    private let settings: HTTPClientSettings
    private let metrics: HTTPClientMetrics
    /// For requests that may go to any address, and for those that may go to public ones only: what one has connected to must not
    /// serve the other.
    private let unrestricted: CurlMulti?
    private let guarded: CurlMulti?
    private var spare: [HTTPTransfer] = []
    private var inFlight: [UInt64: (transfer: HTTPTransfer, continuation: Continuation)] = [:]
    private var lastID: UInt64 = 0
    /// One timer for the earliest deadline. libcurl does not look at the time of requests that wait for a connection.
    private var deadlineTimer: LoopTimer?
    private var nextDeadline = UInt64.max
    private var isClosed = false

    package init(loop: EventLoop, settings: HTTPClientSettings = .init(), logger: Logger) {
        self.loop = loop
        self.settings = settings
        let metrics = HTTPClientMetrics(client: settings.name)
        self.metrics = metrics
        let limits = CurlLimits(connectionsPerHost: settings.connectionsPerHost, connections: settings.connections)
        unrestricted = CurlMulti(loop: loop, limits: limits) { metrics.connectionsChanged(by: $0) }
        guarded = CurlMulti(loop: loop, limits: limits) { metrics.connectionsChanged(by: $0) }
        if let fault = CurlLibrary.fault { logger.error("no requests to other services", metadata: ["reason": "\(fault)"]) }
    }

    /// Requests that have no answer yet.
    package var inFlightCount: Int { inFlight.count }

    /// Sends a request and waits for the whole answer; any status is one. Ends with the task's ``Deadline``, and at once when the
    /// task is cancelled.
    package func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
        loop.assertInLoop()
        let started = csystem_monotonic()
        let result = await outcome(of: request, at: started)
        metrics.ended(result, after: csystem_monotonic() &- started)
        return try result.get()
    }

    /// Ends all requests, and closes the connections.
    package func close() async {
        loop.assertInLoop()
        guard !isClosed else { return }
        isClosed = true
        unrestricted?.close()
        guarded?.close()
        spare = []
        deadlineTimer?.cancel()
    }

    private func outcome(
        of request: HTTPClientRequest, at now: UInt64
    ) async -> Result<HTTPClientResponse, HTTPClientError> {
        let own = now.adding(request.timeout.nanosecondsClamped)
        let deadline = min(own, Deadline.current?.instant ?? .max)
        let transfer: HTTPTransfer
        do throws(HTTPClientError) { transfer = try prepare(request, deadline: deadline, at: now) } catch {
            return .failure(error)
        }
        let id = transfer.id
        // Safe: used again only on the loop.
        nonisolated(unsafe) let client = self
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                client.begin(transfer, guarded: request.addresses == .publicOnly, continuation)
            }
        } onCancel: {
            client.loop.execute { client.abandon(id, HTTPClientError(.cancelled, "the task was cancelled")) }
        }
    }

    private func prepare(
        _ request: HTTPClientRequest, deadline: UInt64, at now: UInt64
    ) throws(HTTPClientError) -> HTTPTransfer {
        guard !isClosed else { throw HTTPClientError(.closed, "the client is closed") }
        guard deadline > now else { throw HTTPClientError(.timeout, "there was no time left") }
        guard let transfer = spare.popLast() ?? HTTPTransfer(settings: settings) else {
            throw HTTPClientError(.unavailable, CurlLibrary.fault ?? "there is no memory for a request")
        }
        lastID &+= 1
        do throws(HTTPClientError) {
            try transfer.prepare(request, id: lastID, deadline: deadline)
        } catch {
            keep(transfer)
            throw error
        }
        return transfer
    }

    private func begin(_ transfer: HTTPTransfer, guarded: Bool, _ continuation: Continuation) {
        guard !Task.isCancelled else {
            keep(transfer)
            return continuation.resume(returning: .failure(HTTPClientError(.cancelled, "the task was cancelled")))
        }
        guard let multi = guarded ? self.guarded : unrestricted else {
            return continuation.resume(returning: .failure(HTTPClientError(.unavailable, "libcurl is not available")))
        }
        inFlight[transfer.id] = (transfer, continuation)
        transfer.ended = { [unowned self] transfer, result in ended(transfer, result) }
        transfer.begin(on: multi)
        if transfer.deadline < nextDeadline { armDeadline(at: transfer.deadline) }
    }

    private func ended(_ transfer: HTTPTransfer, _ result: Result<HTTPClientResponse, HTTPClientError>) {
        guard let (_, continuation) = inFlight.removeValue(forKey: transfer.id) else { return }
        keep(transfer)
        continuation.resume(returning: result)
    }

    private func keep(_ transfer: HTTPTransfer) {
        if !isClosed && transfer.easy.isUsable && spare.count < Self.spareHandles { spare.append(transfer) }
    }

    private func abandon(_ id: UInt64, _ error: HTTPClientError) { inFlight[id]?.transfer.abandon(error) }

    // MARK: Deadlines

    private func armDeadline(at instant: UInt64) {
        deadlineTimer?.cancel()
        nextDeadline = instant
        deadlineTimer = loop.schedule(at: instant) { [weak self] in self?.expire() }
    }

    /// Ends the requests whose time is over.
    private func expire() {
        deadlineTimer = nil
        nextDeadline = .max
        let now = csystem_monotonic()
        var late: [UInt64] = []
        var next = UInt64.max
        for (id, request) in inFlight {
            if request.transfer.deadline <= now { late.append(id) } else { next = min(next, request.transfer.deadline) }
        }
        for id in late { abandon(id, HTTPClientError(.timeout, "no answer in time")) }
        // With many requests in flight, not for each of them.
        if next != .max, next < nextDeadline { armDeadline(at: max(next, now.adding(Self.deadlineGrain))) }
    }
}
