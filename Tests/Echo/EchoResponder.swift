import HTTPServer
import HTTPTypes

/// Echoes the request: any suite of HTTP tests sees what the server understood.
///
/// `/` (and `OPTIONS *`): the request's body. `/stream`: the same of any size, as it comes. `/echo`: its header fields, one
/// `name: value` a line, as they came. `/ws`: a WebSocket that sends every message back.
final class EchoResponder: Responder {
    func begin(_ request: Request) -> ResponderResult { .immediate(answer(request)) }

    private func answer(_ request: Request) -> Response {
        switch String(decoding: request.path, as: UTF8.self) {
        case "/", "*": Response(.ok, headers: Self.form("application/octet-stream"), body: request.body)
        case "/stream":
            .streamed(.ok, headers: Self.form("application/octet-stream")) { out in
                while let bytes = try await request.stream?.next() { try await out.write(bytes) }
            }
        case "/echo": Response(.ok, headers: Self.form("text/plain"), body: Self.fields(of: request.head))
        case "/ws": Self.webSocket(request)
        default: Response(.notFound, headers: Self.form("text/plain"), body: Array("Not found\n".utf8))
        }
    }

    func bodyPolicy(for request: Request) -> BodyPolicy {
        request.path.elementsEqual("/stream".utf8) ? BodyPolicy(limit: .max, isStreamed: true) : .standard
    }

    func reject(_ rejected: RejectedRequest) -> Response {
        Response(rejected.status, headers: Self.form("text/plain"), body: Array("\(rejected.reason)\n".utf8))
    }

    private static func webSocket(_ request: Request) -> Response {
        do throws(WebSocketHandshakeError) {
            var settings = WebSocketSettings()
            settings.maximumMessage = 64 << 20
            // Suites of tests send as fast as they can.
            settings.frameRate = 0
            return .webSocket(try WebSocketHandshake(request.head), settings: settings) { session in
                try await session.run { try await session.send($0) }
            }
        } catch {
            var headers = form("text/plain")
            headers.append(error.headers)
            return Response(error.status, headers: headers, body: Array("\(error.reason)\n".utf8))
        }
    }

    private static func form(_ type: String) -> HeaderBlock {
        var headers = HeaderBlock()
        headers.append(.contentType, type)
        return headers
    }

    private static func fields(of head: RequestHead) -> [UInt8] {
        var text: [UInt8] = []
        for field in head.fields {
            text += head.bytes[field.name]
            text += ": ".utf8
            text += head.bytes[field.value]
            text += "\n".utf8
        }
        return text
    }
}
