import HTTPServer
import HTTPTypes

/// Answers with what was asked, so that any suite of HTTP tests can see what the server understood.
///
/// `/` (and `OPTIONS *`): the request's body. `/echo`: its header fields, one `name: value` a line, as they came.
final class EchoResponder: Responder {
    func respond(to request: Request) async -> Response {
        switch String(decoding: request.path, as: UTF8.self) {
        case "/", "*": Response(.ok, headers: Self.form("application/octet-stream"), body: request.body)
        case "/echo": Response(.ok, headers: Self.form("text/plain"), body: Self.fields(of: request.head))
        default: Response(.notFound, headers: Self.form("text/plain"), body: Array("Not found\n".utf8))
        }
    }

    func refuse(_ refusal: Refusal) -> Response {
        Response(refusal.status, headers: Self.form("text/plain"), body: Array("\(refusal.reason)\n".utf8))
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
