import EventLoop
import Formats
import FoundationEssentials
import HTTPServer
import HTTPTypes
import Web

/// Carts as they change: Server-Sent Events and WebSocket, and the tickets that let browsers in.
package struct CartLiveRoutes {
    let store: CartStore
    let tickets: CartTicketStore
    let feed: CartBroadcaster
    let settings: LiveSettings
    /// Of web pages that may open a WebSocket.
    let origins: AllowedOrigins

    package init(
        store: CartStore, tickets: CartTicketStore, feed: CartBroadcaster, settings: LiveSettings, origins: AllowedOrigins
    ) {
        self.store = store
        self.tickets = tickets
        self.feed = feed
        self.settings = settings
        self.origins = origins
    }

    package func register(on router: Router) {
        router.post("/v1/carts/{id}/tickets") { context in try await issue(context) }
        router.get("/v1/carts/{id}/events") { context in try await events(context) }
        router.get("/v1/carts/{id}/live") { context in try await live(context) }
    }

    private func issue(_ context: RequestContext) async throws -> Response {
        guard let key = context.cartKey, let issued = try await tickets.issue(for: key) else { throw Problem.noCart }
        return Response.json(.created) { json in
            json.beginObject()
            json.field("ticket", issued.ticket.text)
            json.field("expires_at", issued.expiresAt)
            json.endObject()
        }
    }

    private func events(_ context: RequestContext) async throws -> Response {
        let subscription = try await admit(context)
        return .eventStream { [heartbeat = settings.heartbeat] output in
            output.whenFinishing { subscription.listener.end() }
            try await output.write(ServerSentEvent.retry(after: Self.comeBack))
            while true {
                switch try await subscription.listener.next(within: heartbeat) {
                case .event(let event): try await output.write(event.serverSent)
                case .silence: try await output.write(ServerSentEvent.heartbeat)
                case .end: return
                }
            }
        }
    }

    private func live(_ context: RequestContext) async throws -> Response {
        if let origin = context.request[.origin], !origins.allow(origin) {
            throw Problem(.forbidden, "Pages of this origin cannot receive updates.")
        }
        let handshake = try WebSocketHandshake(context.request.head, subprotocols: [Self.subprotocol])
        let ticket = handshake.offered.first { $0.utf8.starts(with: Self.ticketPrefix.utf8) }
        let subscription = try await admit(context, ticket: ticket.map { String($0.dropFirst(Self.ticketPrefix.count)) })
        let loop = context.loop
        return .webSocket(handshake, settings: settings.webSocket) { session in
            let sender = loop.run {
                do {
                    while true {
                        switch try await subscription.listener.next(within: .seconds(3_600)) {
                        case .event(let event): try await session.send(event.message)
                        case .silence: break
                        case .end: return session.close(.normal, "the cart is gone")
                        }
                    }
                } catch {
                    // The session is over, and says so itself.
                }
            }
            defer { sender.cancel() }
            // Nothing is expected; what comes shows only that the client is there.
            try await session.run { _ in }
        }
    }

    /// After how long a client that lost its stream comes back.
    private static let comeBack = Duration.seconds(2)

    /// Lets in who has the cart's token, or a ticket for it. It hears of changes before the cart is read, so that none is
    /// missed, and is counted once its secret proves right, so that wrong ones take no places.
    /// - Parameter ticket: one that the handshake of a WebSocket holds
    private func admit(_ context: RequestContext, ticket: String? = nil) async throws -> CartSubscription {
        guard let id = context.parameters.uuid("id") else { throw Problem.noCart }
        let seen = try context.lastEventID
        let subscription: CartSubscription
        let cart: Cart?
        if let key = context.cartKey {
            subscription = try feed.join(id, of: context.client)
            cart = try await store.cart(key)
        } else if let ticket = try ticket ?? context.query.first("ticket") {
            subscription = try feed.join(id, of: context.client)
            guard try await tickets.redeem(ticket, for: id) else { throw Problem.noCart }
            cart = try await store.cart(id)
        } else {
            throw Problem.noCart
        }
        guard let cart else { throw Problem.noCart }
        try feed.admit(subscription)
        try feed.begin(subscription, with: cart, seen: seen)
        return subscription
    }

    /// What a WebSocket speaks, as browsers offer it beside a ticket (RFC 6455 §1.9): they fail a connection whose answer names
    /// none of what they offered.
    static let subprotocol = "commerce.cart"
    /// What a ticket has before it where it is offered as a subprotocol: so that it stands in no URL, which proxies log.
    static let ticketPrefix = "ticket."
}

extension RequestContext {
    /// How the request names a cart; nil where it does not, or has no token.
    var cartKey: CartStore.Key? {
        guard let id = parameters.uuid("id"), let token = request[.xCartToken] else { return nil }
        return CartStore.Key(id: id, tokenHash: RandomToken.hash(of: token))
    }

    /// The version of the cart that the client had last, from `Last-Event-ID`, or from the query where a browser cannot send
    /// that; nil where there is none, or it is none of ours.
    fileprivate var lastEventID: Int64? {
        get throws(Problem) {
            if let text = request[.lastEventID] { return Int64(text) }
            return try query.first("last_event_id").flatMap { Int64($0) }
        }
    }
}

extension Problem {
    /// 404 also where the secret is another's.
    package static let noCart = Problem.notFound("There is no such cart.")
}
