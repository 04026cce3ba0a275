import EventLoop
import Formats
import FoundationEssentials
import HTTPServer
import HTTPTypes
import Web

/// Live carts over HTTP: Server-Sent Events, WebSocket, and the tickets that give browsers access to both.
package struct CartLiveRoutes {
    let store: CartStore
    let tickets: CartTicketStore
    let broadcaster: CartBroadcaster
    let settings: LiveSettings
    /// The origins of web pages that may open a WebSocket.
    let origins: AllowedOrigins

    package init(
        store: CartStore, tickets: CartTicketStore, broadcaster: CartBroadcaster, settings: LiveSettings,
        origins: AllowedOrigins
    ) {
        self.store = store
        self.tickets = tickets
        self.broadcaster = broadcaster
        self.settings = settings
        self.origins = origins
    }

    package func register(on router: Router) {
        router.post("/v1/carts/{id}/tickets", .open(to: .cart)) { context in try await issue(context) }
        router.get("/v1/carts/{id}/events", .open(to: .cart)) { context in try await events(context) }
        router.get("/v1/carts/{id}/live", .open(to: .cart)) { context in try await live(context) }
    }

    private func issue(_ context: RequestContext) async throws -> Response {
        guard let key = context.cartKey,
            let issued = try await tickets.issue(for: key, session: key.isCustomers ? context.principal?.session : nil)
        else { throw Problem.noCart }
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
            try await output.write(ServerSentEvent.retry(after: Self.reconnectTime))
            while true {
                switch try await subscription.listener.next(within: heartbeat) {
                case .event(let event): try await output.write(event.serverSent)
                case .silence: try await output.write(ServerSentEvent.heartbeat)
                case .end, .signedOut: return
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
                        case .signedOut: return session.close(.policyViolation, "the session has ended")
                        }
                    }
                } catch {
                    // The session has ended, and has told the client.
                }
            }
            defer { sender.cancel() }
            // Messages are ignored: they show only that the client is alive.
            try await session.run { _ in }
        }
    }

    /// After what time a client that lost its stream connects again.
    private static let reconnectTime = Duration.seconds(2)

    /// Admits a client that has the cart's token or a ticket for it. It receives changes before the cart is read, so that none
    /// is missed, and is counted once its secret is right, so that wrong secrets take no places.
    /// - Parameter ticket: the ticket in a WebSocket handshake
    private func admit(_ context: RequestContext, ticket: String? = nil) async throws -> CartSubscription {
        guard let id = context.parameters.uuid("id") else { throw Problem.noCart }
        let seen = try context.lastEventID
        let subscription: CartSubscription
        let cart: Cart?
        var session: ListeningSession?
        // A customer's stream needs a ticket: a stream would not end with the access token that opened it.
        if context.request[.xCartToken] != nil, let key = context.cartKey {
            subscription = try broadcaster.join(id, of: context.client)
            cart = try await store.cart(key)
        } else if let ticket = try ticket ?? context.query.first("ticket") {
            subscription = try broadcaster.join(id, of: context.client)
            switch try await tickets.redeem(ticket, for: id) {
            case nil: throw Problem.noCart
            case .guest: break
            case .customer(let owner): session = owner
            }
            cart = try await store.cart(id)
        } else {
            throw Problem.noCart
        }
        guard let cart else { throw Problem.noCart }
        try broadcaster.admit(subscription, for: session)
        try broadcaster.begin(subscription, with: cart, seen: seen)
        return subscription
    }

    /// The WebSocket subprotocol, which browsers offer beside a ticket (RFC 6455 §1.9). They close a connection whose response
    /// names none of the offered subprotocols.
    static let subprotocol = "commerce.cart"
    /// The prefix of a ticket that is offered as a subprotocol. There it is in no URL, which proxies log.
    static let ticketPrefix = "ticket."
}

extension RequestContext {
    /// The last version of the cart that the client has, from `Last-Event-ID`, or from the query where a browser cannot send
    /// that header. Nil for anything else.
    fileprivate var lastEventID: Int64? {
        get throws(Problem) {
            if let text = request[.lastEventID] { return Int64(text) }
            return try query.first("last_event_id").flatMap { Int64($0) }
        }
    }
}

/// Limits of live carts.
package struct LiveSettings: Sendable {
    package var maxListeners = 8_000
    package var maxListenersOfCart = 32
    package var maxListenersOfClient = 64
    /// How often a stream without events sends a sign of life.
    package var heartbeat: Duration = .seconds(15)
    package var ticketLifetime: Duration = .seconds(60)
    package var frameRate = 20
    package var frameBurst = 100
    package var byteRate = 4 << 10

    package init() {}

    /// The limits of one WebSocket.
    var webSocket: WebSocketSettings {
        var settings = WebSocketSettings()
        settings.pingInterval = heartbeat
        // Clients send only pings and close frames.
        settings.maximumMessage = 4 << 10
        settings.frameRate = frameRate
        settings.frameBurst = frameBurst
        settings.byteRate = byteRate
        settings.byteBurst = max(settings.maximumMessage, byteRate) * 16
        return settings
    }
}
