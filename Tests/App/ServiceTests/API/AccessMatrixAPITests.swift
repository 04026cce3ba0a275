import Foundation
import TestSupport
import Testing
import Web

/// What the shop of these tests has; nothing in its database changes but by a call.
enum MatrixShop {
    static let settings = ["WORKER": "off", "ASSETS_DIR": "deploy/demo/images", "PASSWORD_QUEUE": "1000"]
    static let goods = {
        var goods = Goods("POT", stock: 100_000)
        goods.category = "home/kitchen"
        return [goods]
    }()
}

/// Every route, called by everyone who may not: with the ids of another person, without credentials, and with such that are no longer
/// valid. The routes are those of the service's router, so a new one is called as well, as soon as it has its case.
@Suite(.serialized, .shop(MatrixShop.goods, environments: [MatrixShop.settings]))
struct AccessMatrixAPITests {
    private func estate(of owner: Estate.Owner) async throws -> Estate {
        try await TableRows.prepare(Shop.current)
        return try await Estate(of: owner, in: Shop.current, sku: "POT")
    }

    private func send(_ method: String, _ request: RouteRequest, _ credentials: [(String, String)]) async throws -> Answer {
        let secret: Set<String> = ["authorization", "x-cart-token", "x-order-token"]
        let headers = request.headers.filter { !secret.contains($0.0.lowercased()) } + credentials
        guard request.path.hasPrefix("/v1/") else {
            return Answer(try await Shop.current.services[0].client().request(method, request.path, headers: headers))
        }
        let client = ShopClient(try Shop.current)
        guard let json = request.json else { return try await client.send(method, request.path, headers) }
        return try await client.send(method, request.path, headers, json: json)
    }

    /// The same request for objects that do not exist.
    private func ghost(_ request: RouteRequest) -> RouteRequest {
        var path = request.path
        for id in path.matches(of: /[0-9a-f]{8}-[0-9a-f-]{27}/).map({ String($0.output) }) {
            path = path.replacing(id, with: UUID().uuidString.lowercased())
        }
        return RouteRequest(path: path, headers: request.headers, json: request.json)
    }

    private func access(_ route: RouteCase) throws -> RouteAccess {
        try #require(try ServiceRoute.all().first { $0.call == route.call }, "\(route.call) is no route").access
    }

    @Test("every route of the router has its case here") func complete() throws {
        let routes = Set(try ServiceRoute.all().map(\.call)).subtracting(ServiceRoute.pages)
        #expect(routes == Set(RouteCase.all.map(\.call)))
        #expect(RouteCase.all.count == Set(RouteCase.all.map(\.call)).count)
        // Pages for people are the same for everyone, and hold nothing.
        let pages = try ServiceRoute.all().filter { ServiceRoute.pages.contains($0.call) }
        #expect(pages.allSatisfy { $0.access == .everyone })
    }

    @Test("a caller gets what the route declares, and one who is refused changes nothing", arguments: RouteCase.all.indices)
    func matrix(index: Int) async throws {
        let route = RouteCase.all[index]
        let access = try access(route)
        let owners: [Estate.Owner] = access == .cart || access == .order ? [.guest, .customer] : [.customer]
        for owner in owners {
            let estate = try await estate(of: owner)
            let callers: [Caller] = access == .everyone ? [.anonymous, .stranger, .strangerExpired, .forged] : estate.callers
            for caller in callers {
                let verdict = Verdict(access, caller, namesObject: route.template.contains("{"))
                // A stream that begins has no end; other tests read it.
                if verdict == .served, route.kind == .endless { continue }
                // What everyone may send are tokens for one use, so each caller needs other ones.
                let isSecret = access == .everyone && route.method != "GET"
                // A stranger calls what is their own with what is their own, such as a password in the body.
                let isOwn = verdict == .served && caller == .stranger
                let goods = isSecret ? try await self.estate(of: owner).goods : isOwn ? estate.strangers : estate.goods
                let name = "\(route.call) of a \(owner.rawValue) by \(caller.rawValue)"
                try await check(route.method, route.request(goods), estate, caller, verdict, Comment(rawValue: name))
            }
        }
    }

    private func check(
        _ method: String, _ request: RouteRequest, _ estate: Estate, _ caller: Caller, _ verdict: Verdict, _ comment: Comment
    ) async throws {
        let shop = try Shop.current
        let credentials = estate.credentials(of: caller)
        // What a stranger may do changes what is the stranger's own.
        let marks = verdict == .served ? estate.marks : nil
        let before = try await TableRows(of: shop, with: marks)
        let answer = try await send(method, request, credentials)
        switch verdict {
        case .served: #expect((200...204).contains(answer.status), comment)
        case .unauthorized:
            #expect(answer.status == 401 && answer.code == "unauthorized", comment)
            #expect(answer.header("WWW-Authenticate")?.hasPrefix("Bearer") == true, comment)
        case .hidden:
            #expect(answer.status == 404 && answer.code == "not_found", comment)
            let other = try await send(method, ghost(request), credentials)
            #expect(other.status == 404 && other["detail"] == answer["detail"], comment)
        }
        // A handshake is a GET.
        if verdict != .served, method == "GET", !request.headers.contains(where: { $0.0 == "Upgrade" }) {
            #expect(try await send("HEAD", request, credentials).status == answer.status, comment)
        }
        guard caller != .owner else { return }
        let sent = request.path + (request.json ?? "")
        #expect(estate.marks.filter { !sent.contains($0) && answer.response.text.contains($0) } == [], comment)
        #expect(before.differences(to: try await TableRows(of: shop, with: marks)) == [], comment)
    }

    // MARK: Ids elsewhere than in the path

    @Test("a cart in the body of an order is opened by its owner only", arguments: Estate.Owner.allCases)
    func cartOfOrder(owner: Estate.Owner) async throws {
        let estate = try await estate(of: owner)
        for caller in estate.callers {
            let request = RouteRequest(
                path: "/v1/orders", headers: [("Idempotency-Key", Shop.newKey())],
                json: #"{"cart_id":"\#(estate.goods.cart.id)",\#(ShopClient.buyer)}"#)
            let verdict = Verdict(.order, caller, namesObject: true)
            try await check("POST", request, estate, caller, verdict, "cart_id of a \(owner.rawValue) by \(caller.rawValue)")
        }
    }

    @Test("a cart is made from an old one by its owner only", arguments: Estate.Owner.allCases)
    func oldCart(owner: Estate.Owner) async throws {
        let estate = try await estate(of: owner)
        try await Shop.current.execute(
            "UPDATE cart SET status = 'expired', expires_at = now() - interval '1 day' WHERE id = '\(estate.goods.cart.id)'")
        for caller in estate.callers {
            let request = RouteRequest(path: "/v1/carts", json: #"{"from_cart":"\#(estate.goods.cart.id)"}"#)
            let verdict = Verdict(.cart, caller, namesObject: true)
            try await check("POST", request, estate, caller, verdict, "from_cart of a \(owner.rawValue) by \(caller.rawValue)")
        }
    }

    @Test("an order's number opens it as little as its id", arguments: Estate.Owner.allCases)
    func number(owner: Estate.Owner) async throws {
        let estate = try await estate(of: owner)
        let number = try await Shop.current.execute("SELECT number FROM orders WHERE id = '\(estate.goods.order.id)'")
        for caller in estate.callers {
            let verdict = Verdict(.order, caller, namesObject: true)
            for (method, path) in [("GET", "/v1/orders/" + number), ("POST", "/v1/orders/\(number)/cancel")] {
                try await check(
                    method, RouteRequest(path: path), estate, caller, verdict,
                    "\(method) by number, of a \(owner.rawValue) by \(caller.rawValue)")
            }
        }
    }

    @Test("a cursor of one customer's list is none for another") func cursor() async throws {
        let estate = try await estate(of: .customer)
        let owner = estate.credentials(of: .owner)
        let line = #"{"items":[{"sku":"POT","quantity":1}],\#(ShopClient.buyer)}"#
        _ = try await send("POST", RouteRequest(path: "/v1/orders", headers: [("Idempotency-Key", "k")], json: line), owner)
        let cursor = try await send("GET", RouteRequest(path: "/v1/orders?limit=1"), owner)["next_cursor"].text
        let next = RouteRequest(path: "/v1/orders?limit=1&cursor=" + cursor)
        #expect(try await send("GET", next, owner)["data"].elements.count == 1)
        #expect(try await send("GET", next, estate.credentials(of: .stranger)).status == 400)
        #expect(try await send("GET", next, estate.credentials(of: .guest)).status == 401)
    }
}
