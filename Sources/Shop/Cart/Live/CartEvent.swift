import Formats
import FoundationEssentials
import HTTPServer

/// What a listener of a cart is told.
package enum CartEvent: Sendable, Equatable {
    /// The whole cart, as GET shows it.
    case updated(version: Int64, cart: [UInt8])
    /// There is no such cart any more; nothing follows.
    case deleted(UUID)

    /// `cart.updated`, `cart.deleted`.
    var name: String {
        switch self {
        case .updated: "cart.updated"
        case .deleted: "cart.deleted"
        }
    }

    var version: Int64? { if case .updated(let version, _) = self { version } else { nil } }

    private var data: [UInt8] {
        switch self {
        case .updated(_, let cart): cart
        case .deleted(let id): Array("{\"id\":\"\(id.text)\"}".utf8)
        }
    }

    /// As an event of Server-Sent Events.
    package var serverSent: [UInt8] { ServerSentEvent(name: name, id: version.map { String($0) }, data: data).bytes }

    /// As a WebSocket message, `{"event","id","data"}`.
    package var message: WebSocketMessage {
        var text = Array("{\"event\":\"\(name)\",\"id\":\(version.map { String($0) } ?? "null"),\"data\":".utf8)
        text += data
        text.append(UInt8(ascii: "}"))
        return .text(text)
    }
}
