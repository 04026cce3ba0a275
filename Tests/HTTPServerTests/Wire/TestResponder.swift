import EventLoop
import HTTPTypes
import Synchronization

@testable import HTTPServer

/// Answers by path: enough kinds of answers to see the server's own behaviour.
///
/// `/echo` the body, `/large/N` N bytes, `/sleep/N` after N milliseconds, `/status/N` with a body, `/yield`
/// after a suspension, `/headers/N` with a field of N bytes, `/close` and closes, `/host` the Host field; anything else its path.
final class TestResponder: Responder {
    private let journal: Journal

    init(journal: Journal) { self.journal = journal }

    /// What all loops' responders saw.
    final class Journal: Sendable {
        private let state = Mutex((begun: [String](), cancelled: 0, ended: 0))
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

    func respond(to request: Request) async -> Response {
        let path = String(decoding: request.path, as: UTF8.self)
        journal.begin(path)
        let response = await answer(request, path)
        journal.end(cancelled: Task.isCancelled)
        return response
    }

    private func answer(_ request: Request, _ path: String) async -> Response {
        let parts = path.split(separator: "/").map(String.init)
        let number = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        switch parts.first {
        case "echo": return Response(.ok, body: request.body)
        case "large": return Response(.ok, body: [UInt8](repeating: UInt8(ascii: "x"), count: number))
        case "status": return Response(HTTPResponse.Status(code: number), body: Array("body".utf8))
        case "host": return Response(.ok, body: Array((request[.host ?? .accept] ?? "").utf8))
        case "peer": return Response(.ok, body: Array(request.peer.utf8))
        case "yield": await Task.yield()
        case "sleep": try? await request.loop.sleep(for: .milliseconds(number))
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

    func refuse(_ refusal: Refusal) -> Response {
        Response(refusal.status, body: Array(refusal.reason.utf8))
    }

    func bodyLimit(for head: RequestHead) -> Int? {
        head.bytes[head.path].elementsEqual("/echo/import".utf8) ? 8 << 20 : nil
    }
}

extension HTTPField.Name {
    /// HTTPTypes keeps Host out of its constants, since its own requests carry it elsewhere.
    static var host: HTTPField.Name? { HTTPField.Name("Host") }
}
