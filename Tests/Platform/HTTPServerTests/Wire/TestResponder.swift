import EventLoop
import HTTPTypes
import Synchronization

@testable import HTTPServer

/// Answers by path: enough kinds of answers to see the server's own behaviour.
///
/// `/echo` the body, `/large/N` N bytes, `/sleep/N` after N milliseconds, `/status/N` with a body, `/yield`
/// after a suspension, `/headers/N` with a field of N bytes, `/close` and closes, `/host` the Host field; anything else its path.
///
/// `/unread` is answered at its head, `/echo/late` waits 300 ms for its body.
///
/// With streams: `/stream/echo` the body once it is read, `/stream/back` as it comes, `/stream/count/N` its length, read
/// with N milliseconds between pieces, `/stream/ignore` without reading it; `/chunks/N` N chunks, `/torn` one and no end,
/// `/endless` chunks until the client goes, `/wait` until the server ends; `/upgrade` speaks in upper case.
///
/// `/ws` is a WebSocket that takes any number of frames, `/flood` one that takes as many as by default, `/quiet` 1,000 bytes.
///
/// Of N bytes of a pattern: `/sized/N` a body, `/streamed/N` one write of a stream, `/event/N` one event's data.
final class TestResponder: Responder {
    private let journal: Journal

    init(journal: Journal) { self.journal = journal }

    /// What all loops' responders saw.
    final class Journal: Sendable {
        private let state = Mutex((begun: [String](), cancelled: 0, ended: 0, streams: 0, written: 0))
        /// Streams that are over, and what ``TestResponder``'s endless ones have written.
        var streamsEnded: Int { state.withLock(\.streams) }
        var written: Int { state.withLock(\.written) }
        func streamEnded() { state.withLock { $0.streams += 1 } }
        func count(written: Int) { state.withLock { $0.written += written } }
        var begun: [String] { state.withLock(\.begun) }
        var cancelled: Int { state.withLock(\.cancelled) }
        var ended: Int { state.withLock(\.ended) }
        func begin(_ path: String) { state.withLock { $0.begun.append(path) } }
        func end(cancelled: Bool) {
            state.withLock {
                $0.ended += 1
                if cancelled { $0.cancelled += 1 }
            }
        }
    }

    /// What waits for nothing is answered now and later by turns, so that every order of the two comes up.
    private var answersNow = false

    func begin(_ request: Request) -> ResponderResult {
        let path = String(decoding: request.path, as: UTF8.self)
        journal.begin(path)
        let parts = path.split(separator: "/").map(String.init)
        answersNow.toggle()
        if answersNow, !["stream", "yield", "sleep"].contains(parts.first) {
            defer { journal.end(cancelled: false) }
            return .immediate(answer(request, path, parts))
        }
        return .deferred { [self] in
            let response = await wait(request, path, parts)
            journal.end(cancelled: Task.isCancelled)
            return response
        }
    }

    private func wait(_ request: Request, _ path: String, _ parts: [String]) async -> Response {
        switch parts.first {
        case "stream": return await answerStream(request, parts)
        case "yield": await Task.yield()
        case "sleep": try? await request.loop.sleep(for: .milliseconds(parts.count > 1 ? Int(parts[1]) ?? 0 : 0))
        default: break
        }
        return answer(request, path, parts)
    }

    private func answer(_ request: Request, _ path: String, _ parts: [String]) -> Response {
        let number = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        switch parts.first {
        case "echo": return Response(.ok, body: request.body)
        case "large": return Response(.ok, body: [UInt8](repeating: UInt8(ascii: "x"), count: number))
        case "status": return Response(HTTPResponse.Status(code: number), body: Array("body".utf8))
        case "sized": return Response(.ok, body: Self.pattern(number))
        case "streamed":
            return .streamed(.ok, headers: HeaderBlock()) { out in try await out.write(Self.pattern(number)) }
        case "event":
            return .eventStream { out in
                try await out.write(ServerSentEvent(data: Self.pattern(number)).bytes)
                try await out.write(ServerSentEvent.heartbeat)
            }
        case "host": return Response(.ok, body: Array((request[.host ?? .accept] ?? "").utf8))
        case "chunks":
            return .streamed(.ok, headers: HeaderBlock()) { out in
                for chunk in 0..<number { try await out.write(Array("\(chunk);".utf8)) }
            }
        case "torn":
            return .streamed(.ok, headers: HeaderBlock()) { out in
                try await out.write(Array("torn".utf8))
                throw CancellationError()
            }
        case "endless":
            return .streamed(.ok, headers: HeaderBlock()) { [journal] out in
                defer { journal.streamEnded() }
                while true {
                    try await out.write([UInt8](repeating: 0x78, count: 10_000))
                    journal.count(written: 10_000)
                }
            }
        case "wait":
            let loop = request.loop
            return .streamed(.ok, headers: HeaderBlock()) { [journal] out in
                defer { journal.streamEnded() }
                try await out.write(Array("waiting;".utf8))
                let end = Promise<Void>(on: loop)
                out.whenFinishing { end.succeed(()) }
                try await end.value()
                try await out.write(Array("bye".utf8))
            }
        case "upgrade":
            return .upgraded(headers: HeaderBlock()) { [journal] input, out in
                defer { journal.streamEnded() }
                while let bytes = try await input.next() {
                    try await out.write(bytes.map { $0 >= 0x61 && $0 <= 0x7a ? $0 & 0xdf : $0 })
                }
                try await out.write(Array("BYE".utf8))
            }
        case "ws": return answerWebSocket(request, number)
        case "flood": return answerWebSocket(request, 0) { _ in }
        case "quiet":
            return answerWebSocket(request, 0) {
                $0.byteRate = 1
                $0.byteBurst = 1_000
            }
        case "events":
            return .eventStream { out in
                try await out.write(ServerSentEvent.retry(after: .milliseconds(1_500)))
                for event in 0..<number {
                    try await out.write(ServerSentEvent(name: "count", id: "\(event)", data: Array("line\n\(event)".utf8)).bytes)
                    try await out.write(ServerSentEvent.heartbeat)
                }
            }
        case "peer": return Response(.ok, body: Array(request.peer.utf8))
        case "headers":
            var headers = HeaderBlock()
            headers.append(.contentLanguage, String(repeating: "x", count: number))
            return Response(.ok, headers: headers)
        case "close":
            var response = Response(.ok, body: Array("bye".utf8))
            response.closes = true
            return response
        default: break
        }
        var headers = HeaderBlock()
        headers.append(.contentType, "text/plain")
        return Response(.ok, headers: headers, body: Array(path.utf8))
    }

    /// Letters in an order that shows what is missing, doubled or moved.
    static func pattern(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: max(0, count)) { bytes, filled in
            for index in 0..<max(0, count) {
                bytes[index] = 0x61 &+ UInt8(truncatingIfNeeded: (index ^ index >> 8 ^ index >> 16) & 15)
            }
            filled = max(0, count)
        }
    }

    /// Sends messages back. "throw" makes it throw, "bye" makes it close, "size N" sends N bytes of a pattern.
    /// - Parameter milliseconds: of all its patience; 0: as by default
    /// - Parameter change: of what a client may send; without it that is anything
    private func answerWebSocket(
        _ request: Request, _ milliseconds: Int, _ change: (inout WebSocketSettings) -> Void = { $0.frameRate = 0 }
    ) -> Response {
        var settings = WebSocketSettings()
        change(&settings)
        settings.maximumMessage = 1 << 20
        if milliseconds > 0 {
            settings.pingInterval = .milliseconds(milliseconds)
            settings.pongTimeout = .milliseconds(milliseconds)
            settings.closeTimeout = .milliseconds(milliseconds)
        }
        do throws(WebSocketHandshakeError) {
            return .webSocket(try WebSocketHandshake(request.head), settings: settings) { [journal] session in
                defer { journal.streamEnded() }
                try await session.run { message in
                    if message == .text(Array("throw".utf8)) { throw CancellationError() }
                    let text = String(decoding: message.bytes.prefix(20), as: UTF8.self)
                    if text.hasPrefix("size "), let size = Int(text.dropFirst(5)) {
                        return try await session.send(.text(Self.pattern(size)))
                    }
                    if message == .text(Array("bye".utf8)) { session.close(.normal, "as you like") }
                    if session.isOpen { try await session.send(message) }
                }
            }
        } catch {
            return Response(error.status, headers: error.headers, body: Array(error.reason.utf8))
        }
    }

    private func answerStream(_ request: Request, _ parts: [String]) async -> Response {
        // A request without a body has no stream either.
        guard let stream = request.stream else { return Response(.ok) }
        let kind = parts.count > 1 ? parts[1] : ""
        let pause = parts.count > 2 ? Int(parts[2]) ?? 0 : 0
        do {
            switch kind {
            case "back":
                return .streamed(.ok, headers: HeaderBlock()) { out in
                    while let piece = try await stream.next() { try await out.write(piece) }
                }
            case "count":
                var count = 0
                while let piece = try await stream.next() {
                    count += piece.count
                    if pause > 0 { try await request.loop.sleep(for: .milliseconds(pause)) }
                }
                return Response(.ok, body: Array("\(count)".utf8))
            case "ignore":
                return Response(.ok, body: Array("ignored".utf8))
            default:
                var body: [UInt8] = []
                while let piece = try await stream.next() { body += piece }
                return Response(.ok, body: body)
            }
        } catch {
            return Response((error as? RequestError)?.status ?? .internalServerError, body: Array("\(error)".utf8))
        }
    }

    func reject(_ rejected: RejectedRequest) -> Response {
        Response(rejected.status, body: Array(rejected.reason.utf8))
    }

    func bodyPolicy(for request: Request) -> BodyPolicy {
        let path = String(decoding: request.path, as: UTF8.self)
        if path.hasPrefix("/unread") { return .unread }
        if path == "/echo/late" { return BodyPolicy(deadline: .milliseconds(300)) }
        if path == "/stream/echo" { return BodyPolicy(isStreamed: true) }
        if path.hasPrefix("/stream") { return BodyPolicy(limit: 1 << 30, isStreamed: true) }
        return path == "/echo/import" ? BodyPolicy(limit: 8 << 20) : .standard
    }
}

extension HTTPField.Name {
    /// HTTPTypes keeps Host out of its constants, since its own requests carry it elsewhere.
    static var host: HTTPField.Name? { HTTPField.Name("Host") }
}
