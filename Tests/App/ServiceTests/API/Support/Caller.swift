import Accounts
import TestSupport
import Web

/// Who calls a route in the matrix of all routes, and with which credentials.
enum Caller: String, CaseIterable, Sendable {
    /// Without credentials.
    case anonymous
    /// A guest with the tokens of a cart and an order of their own.
    case guest
    /// Another customer, who is signed in.
    case stranger
    case strangerExpired, strangerRevoked
    /// With text in place of an access token.
    case forged
    /// With a refresh token of the owner in place of an access token.
    case refreshing
    /// The customer whose objects are called, with tokens that are no longer valid.
    case ownerExpired, ownerRevoked
    /// The guest whose objects are called, with the right tokens, and beside them an access token that cannot be used.
    case ownerForged
    case owner

    /// Whether its access token is one that cannot be used.
    var isRefused: Bool {
        switch self {
        case .strangerExpired, .strangerRevoked, .forged, .refreshing, .ownerExpired, .ownerRevoked, .ownerForged: true
        case .anonymous, .guest, .stranger, .owner: false
        }
    }
}

/// What a call comes to.
enum Verdict: String, Sendable {
    /// The caller gets what the route is for.
    case served
    /// 401.
    case unauthorized
    /// 404, as for an object that does not exist.
    case hidden

    /// What a route declares.
    /// - Parameter namesObject: whether its path names an object of the owner
    init(_ access: RouteAccess, _ caller: Caller, namesObject: Bool) {
        switch access {
        case .everyone: self = .served
        case .customer where caller.isRefused || caller == .anonymous || caller == .guest: self = .unauthorized
        case .cart where caller.isRefused, .order where caller.isRefused: self = .unauthorized
        case .customer, .cart, .order: self = caller == .owner || !namesObject ? .served : .hidden
        }
    }
}

/// Objects of one owner, and callers that have nothing to do with them.
struct Estate: Sendable {
    enum Owner: String, CaseIterable, Sendable {
        case guest, customer
    }

    let owner: Owner
    let goods: RouteGoods
    /// What belongs to ``Caller/stranger``.
    let strangers: RouteGoods
    /// What is known of the owner alone: ids, tokens, the address.
    let marks: [String]
    private let credentials: [Caller: [(String, String)]]

    init(of owner: Owner, in shop: Shop, sku: String) async throws {
        self.owner = owner
        let client = ShopClient(shop)
        let (person, stranger) = (try await RouteAccount(in: shop), try await RouteAccount(in: shop))
        let (cart, order) = try await Self.objects(of: owner == .customer ? person : nil, client, sku: sku)
        let (otherCart, otherOrder) = try await Self.objects(of: nil, client, sku: sku)
        for one in [person, stranger] {
            guard try await client.send("DELETE", "/v1/sessions", [one.ended]).status == 204 else {
                throw TestFailure("a session does not end")
            }
        }
        goods = RouteGoods(sku: sku, cart: cart, order: order, person: person)
        strangers = RouteGoods(sku: sku, cart: otherCart, order: otherOrder, person: stranger)
        let secrets = [
            cart.token, order.token, person.account.email, person.session.refresh, person.otherSession, person.address,
        ]
        marks = (secrets + [cart.id, order.id, person.id]).filter { !$0.isEmpty }
        var credentials: [Caller: [(String, String)]] = [
            .anonymous: [], .guest: [otherCart.header, otherOrder.header], .stranger: [stranger.header],
            .strangerExpired: [stranger.expired], .strangerRevoked: [stranger.ended],
            .forged: [("Authorization", "Bearer garbage")],
            .refreshing: [("Authorization", "Bearer " + person.session.refresh)],
        ]
        switch owner {
        case .guest:
            credentials[.owner] = [cart.header, order.header]
            credentials[.ownerForged] = [cart.header, order.header, ("Authorization", "Bearer garbage")]
        case .customer:
            credentials[.owner] = [person.header]
            credentials[.ownerExpired] = [person.expired]
            credentials[.ownerRevoked] = [person.ended]
        }
        self.credentials = credentials
    }

    /// The callers that there are for these objects; the owner, whose calls change them, is the last.
    var callers: [Caller] { Caller.allCases.filter { credentials[$0] != nil } }

    func credentials(of caller: Caller) -> [(String, String)] { credentials[caller] ?? [] }

    /// A cart with a line, and an order.
    private static func objects(
        of person: RouteAccount?, _ client: ShopClient, sku: String
    ) async throws -> (TestCart, TestOrder) {
        let headers = person.map { [$0.header] } ?? []
        let cart = TestCart(try await client.send("POST", "/v1/carts", headers, json: "{}"))
        let opener = person.map { [$0.header] } ?? [cart.header]
        let line = #"{"sku":"\#(sku)","quantity":1}"#
        let added = try await client.send("POST", cart.path + "/items", opener, json: line)
        let placed = try await client.send(
            "POST", "/v1/orders", headers + [("Idempotency-Key", Shop.newKey())],
            json: #"{"items":[\#(line)],\#(ShopClient.buyer)}"#)
        guard added.status == 200, placed.status == 201 else { throw TestFailure("no objects to call: \(placed.response.text)") }
        return (cart, TestOrder(placed))
    }
}
