import Testing
import TestSupport

/// Carts as they change, over real sockets: two services with one Redis, a third without any; and one that lets a client listen six times.
@Suite(
    .shop(
        [Goods("LIVE", stock: 1_000)],
        environments: [
            ["LIVE_HEARTBEAT": "300ms", "CORS_ORIGINS": "https://shop.example"], ["LIVE_HEARTBEAT": "300ms", "LOOPS": "3"],
            ["REDIS_URL": "", "LIVE_MAX_LISTENERS_PER_CART": "8", "CORS_ORIGINS": "*"],
            ["LIVE_MAX_LISTENERS_PER_CLIENT": "6", "TRUSTED_PROXIES": "127.0.0.1"],
        ]))
struct CartLiveAPITests {
    private func client(_ service: Int = 0) throws -> ShopClient { ShopClient(try Shop.current, service: service) }

    private func events(
        _ cart: TestCart, on service: Int = 0, _ headers: [(String, String)] = [], query: String = ""
    ) async throws -> EventStreamTestClient {
        let headers = query.contains("ticket=") ? headers : headers + [cart.header]
        return try await .connect(port: Shop.current.services[service].port, cart.path + "/events" + query, headers: headers)
    }

    private func socket(
        _ cart: TestCart, on service: Int = 0, _ headers: [(String, String)] = [], query: String = ""
    ) async throws -> WebSocketTestClient {
        let headers = query.contains("ticket=") ? headers : headers + [cart.header]
        return try await .connect(port: Shop.current.services[service].port, cart.path + "/live" + query, headers: headers)
    }

    /// The cart of the next event, which is to have this version.
    private func cart(_ stream: EventStreamTestClient, version: Int, seconds: Double = 10) async throws -> JSON {
        let event = try #require(try await stream.next(seconds: seconds))
        let cart = JSON(parsing: Array(event.data.utf8))
        #expect(event.name == "cart.updated" && event.id == "\(version)" && cart["version"].number == Int64(version))
        return cart
    }

    private func cart(_ socket: WebSocketTestClient, version: Int, seconds: Double = 10) async throws -> JSON {
        let message = JSON(parsing: try await socket.receiveBeyondPings(seconds: seconds).payload)
        #expect(message["event"] == "cart.updated" && message["id"].number == Int64(version))
        #expect(message["data"]["version"].number == Int64(version))
        return message["data"]
    }

    @Test("a listener has the cart as it is, then after every kind of write, wherever that was made", arguments: 0...2)
    func changes(service: Int) async throws {
        let clients = try (0...2).map { try client($0) }
        let made = try await clients[0].makeCart()
        let stream = try await events(made, on: service), socket = try await socket(made, on: service)
        #expect(stream.head.header("Cache-Control") == "no-store")
        _ = try await cart(stream, version: 1)
        _ = try await cart(socket, version: 1)
        func both(_ version: Int, _ quantity: Int64) async throws {
            for shown in [try await cart(stream, version: version), try await cart(socket, version: version)] {
                #expect(shown["items"].elements.first?["quantity"].number ?? 0 == quantity)
                let read = try await clients[1].read(made)
                #expect(shown == read.json)
            }
        }
        try await clients[0].add("LIVE", 2, to: made)
        try await both(2, 2)
        try await clients[1].add("LIVE", 1, to: made)
        try await both(3, 3)
        try await clients[2].set("LIVE", 7, in: made)
        try await both(4, 7)
        #expect(try await clients[1].send("DELETE", made.path + "/items/LIVE", [made.header]).status == 200)
        try await both(5, 0)
        try await clients[0].add("LIVE", 1, to: made)
        try await both(6, 1)
        // An order makes of it what takes no writes any more.
        #expect(try await clients[1].order(made).status == 201)
        #expect(try await cart(stream, version: 7)["status"] == "converted")
        #expect(try await cart(socket, version: 7)["status"] == "converted")
    }

    @Test("a cart that is dropped is the last that is heard of it", arguments: 0...2)
    func deleted(service: Int) async throws {
        let client = try client(1)
        let made = try await client.makeCart()
        let stream = try await events(made, on: service), socket = try await socket(made, on: service)
        _ = try await cart(stream, version: 1)
        _ = try await cart(socket, version: 1)
        #expect(try await client.send("DELETE", made.path, [made.header]).status == 204)
        let event = try await stream.next()
        #expect(event == EventStreamTestClient.Event(name: "cart.deleted", data: "{\"id\":\"\(made.id)\"}"))
        #expect(try await stream.next() == nil)
        #expect(JSON(parsing: try await socket.receiveBeyondPings().payload)["event"] == "cart.deleted")
        #expect(try await socket.receiveBeyondPings().code == 1000)
        try await socket.send(WebSocketClientFrame(8, [0x03, 0xE8]))
        #expect(try await socket.ends())
    }

    @Test("who comes back has missed nothing: the present cart, unless it is the one last seen")
    func comingBack() async throws {
        let client = try client()
        let made = try await client.makeCart()
        try await client.add("LIVE", 1, to: made)
        for service in 0...2 {
            let unchanged = try await events(made, on: service, [("Last-Event-ID", "2")])
            let query = try await events(made, on: service, query: "?last_event_id=2")
            let unchangedSocket = try await socket(made, on: service, query: "?last_event_id=2")
            let changed = try await events(made, on: service, [("Last-Event-ID", "1")])
            _ = try await cart(changed, version: 2)
            _ = try await cart(events(made, on: service, [("Last-Event-ID", "nonsense")]), version: 2)
            // Nothing has come yet to those: the next is what changes now.
            unchanged.close()
            _ = query
            _ = unchangedSocket
        }
        let waiting = try await events(made, [("Last-Event-ID", "2")])
        let waitingSocket = try await socket(made, query: "?last_event_id=2")
        try await client.add("LIVE", 1, to: made)
        _ = try await cart(waiting, version: 3)
        _ = try await cart(waitingSocket, version: 3)
    }

    @Test("of many writes in a row each listener has the last, in rising versions, whatever it reads between")
    func manyWrites() async throws {
        let shop = try Shop.current
        let made = try await client().makeCart()
        let streams = try await [events(made, on: 0), events(made, on: 0), events(made, on: 1), events(made, on: 2)]
        _ = try await Crowd.run(6, of: shop) { number, client in
            for _ in 0..<10 { _ = try client.add("LIVE", 1, to: made) }
        }
        for stream in streams {
            var last = 0
            while last < 61 {
                let event = try #require(try await stream.next())
                let version = try #require(event.id.flatMap { Int($0) })
                #expect(version > last)
                last = version
            }
            #expect(last == 61)
        }
    }

    @Test("a connection without changes shows that it is alive")
    func heartbeat() async throws {
        let made = try await client().makeCart()
        let stream = try await events(made)
        _ = try await cart(stream, version: 1)
        #expect(stream.retry == 2_000)
        await #expect(throws: TestFailure.self) { _ = try await stream.next(seconds: 1.5) }
        #expect(stream.comments >= 2)
        let socket = try await socket(made)
        _ = try await cart(socket, version: 1)
        #expect(try await socket.receive().opcode == 9)
    }

    @Test("a ticket lets in once, on any task, for its cart alone")
    func tickets() async throws {
        let client = try client()
        let made = try await client.makeCart(), other = try await client.makeCart()
        func ticket(_ seconds: Int = 60) async throws -> String {
            let answer = try await client.send("POST", made.path + "/tickets", [made.header])
            #expect(answer.status == 201 && answer.header("Cache-Control") == "no-store")
            #expect(answer["expires_at"].text.hasSuffix("Z"))
            return answer["ticket"].text
        }
        for service in 0...2 {
            let one = try await ticket(), two = try await ticket()
            _ = try await cart(try await events(made, on: service, query: "?ticket=\(one)"), version: 1)
            _ = try await cart(try await socket(made, on: service, query: "?ticket=\(two)"), version: 1)
            let elsewhere = client.shop.services[2 - service].port
            for used in [one, two] {
                for path in ["/events", "/live"] {
                    #expect(try await refusal(elsewhere, made.path + path + "?ticket=" + used) == 404)
                }
            }
        }
        let wrong = try await ticket()
        let port = client.shop.services[0].port
        #expect(try await refusal(port, other.path + "/events?ticket=" + wrong) == 404)
        // Which has not used it up.
        _ = try await cart(try await events(made, query: "?ticket=\(wrong)"), version: 1)
        let late = try await ticket()
        try await Shop.current.execute("UPDATE cart_ticket SET expires_at = now() - interval '1 second'")
        #expect(try await refusal(port, made.path + "/events?ticket=" + late) == 404)
        #expect(try await client.send("POST", made.path + "/tickets").status == 404)
        #expect(try await client.send("POST", made.path + "/tickets", [other.header]).status == 404)
        // No ticket, used or not, stands in the log; that is looked for when the suite ends, these too.
        let log = try await Shop.logText(Shop.current)
        #expect(!log.contains("ticket=") && log.contains(made.path + "/events"))
    }

    /// The status that refuses a stream or a WebSocket.
    private func refusal(_ port: UInt16, _ path: String, _ headers: [(String, String)] = []) async throws -> Int {
        try await onOwnThread {
            let connection = HTTPTestConnection(try RawSocket(port: port))
            try connection.socket.send(WebSocketTestClient.request(path, headers))
            return try connection.response().response.status
        }
    }

    @Test("a WebSocket takes the ticket as a subprotocol, so that it stands in no URL, and speaks what was offered")
    func subprotocol() async throws {
        let client = try client()
        let made = try await client.makeCart()
        func ticket() async throws -> String {
            try await client.send("POST", made.path + "/tickets", [made.header])["ticket"].text
        }
        let port = client.shop.services[0].port
        func handshake(_ lines: [String], query: String = "") async throws -> (status: Int, subprotocol: String?) {
            let fields = lines.map { ("Sec-WebSocket-Protocol", $0) }
            return try await onOwnThread {
                let connection = HTTPTestConnection(try RawSocket(port: port))
                try connection.socket.send(WebSocketTestClient.request(made.path + "/live" + query, fields))
                let head = try connection.head()
                return (head.status, head.header("Sec-WebSocket-Protocol"))
            }
        }
        for service in 0...2 {
            let one = try await ticket()
            let port = client.shop.services[service].port
            let socket = try await WebSocketTestClient.connect(
                port: port, made.path + "/live", headers: [("Sec-WebSocket-Protocol", "commerce.cart, ticket.\(one)")])
            _ = try await cart(socket, version: 1)
            #expect(
                try await refusal(port, made.path + "/live", [("Sec-WebSocket-Protocol", "commerce.cart, ticket.\(one)")]) == 404)
        }
        let two = try await ticket(), three = try await ticket(), four = try await ticket(), five = try await ticket()
        #expect(try await handshake(["ticket.\(two),other", "x ,\tcommerce.cart"]) == (101, "commerce.cart"))
        // What is not offered is not chosen, and the ticket itself never.
        #expect(try await handshake(["ticket.\(three)"]) == (101, nil))
        #expect(try await handshake(["commerce.cart", "ticket.wrong"], query: "?ticket=\(four)") == (404, nil))
        #expect(try await handshake(["commerce.cart"], query: "?ticket=\(four)") == (101, "commerce.cart"))
        #expect(try await handshake(["Commerce.Cart, ticket.\(five)"]) == (101, nil))
        #expect(try await handshake(["commerce.cart"]) == (404, nil))
        let log = try await Shop.logText(Shop.current)
        #expect(!log.contains("ticket.") && !log.contains(two))
    }

    @Test("wrong secrets take no places: while eighty come at once, the owner gets in, and the cart has all its places")
    func wrongSecrets() async throws {
        let made = try await client(2).makeCart()
        let port = try Shop.current.services[2].port
        let strangers = (0..<80).map { number in
            Task {
                let headers = number % 2 == 0 ? [("X-Cart-Token", "wrong \(number)")] : []
                let query = number % 2 == 0 ? "" : "?ticket=wrong\(number)"
                var answers: [Int] = []
                for _ in 0..<5 { answers.append(try await refusal(port, made.path + "/events" + query, headers)) }
                return answers
            }
        }
        var streams: [EventStreamTestClient] = []
        for _ in 0..<8 {
            streams.append(try await events(made, on: 2))
            _ = try await cart(try #require(streams.last), version: 1)
        }
        for stranger in strangers { #expect(try await stranger.value == [404, 404, 404, 404, 404]) }
        // Full: the owner learns of it, a stranger does not.
        #expect(try await refusal(port, made.path + "/events", [made.header]) == 429)
        #expect(try await refusal(port, made.path + "/events", [("X-Cart-Token", "wrong")]) == 404)
    }

    @Test("a client has so many listeners, whichever carts they are of; another client has its own, and an IPv6 /64 is one")
    func oneClient() async throws {
        let port = try Shop.current.services[3].port
        let carts = try await [client(3).makeCart(), client(3).makeCart(), client(3).makeCart()]
        func stream(_ number: Int, _ address: String) async throws -> EventStreamTestClient {
            try await events(carts[number % 3], on: 3, [("X-Forwarded-For", address)])
        }
        var streams: [EventStreamTestClient] = []
        for number in 0..<6 { streams.append(try await stream(number, "2001:db8:7:7::\(number)")) }
        for stream in streams { _ = try await cart(stream, version: 1) }
        let full = [("X-Forwarded-For", "2001:db8:7:7::ffff"), carts[0].header]
        for path in ["/events", "/live"] { #expect(try await refusal(port, carts[0].path + path, full) == 429) }
        let other = try await stream(0, "2001:db8:7:8::1")
        _ = try await cart(other, version: 1)
        streams.removeLast().close()
        let isFree = try await onOwnThread {
            try Deadline(seconds: 20).poll(every: 50) {
                let connection = HTTPTestConnection(try RawSocket(port: port))
                try connection.socket.send(WebSocketTestClient.request(carts[0].path + "/live", full))
                return try connection.head().status == 101
            }
        }
        #expect(isFree)
    }

    @Test("without the cart's secret there is no such cart")
    func strangers() async throws {
        let made = try await client().makeCart(), other = try await client().makeCart()
        let port = try Shop.current.services[0].port
        for path in ["/events", "/live"] {
            #expect(try await refusal(port, made.path + path) == 404)
            #expect(try await refusal(port, made.path + path, [other.header]) == 404)
            #expect(try await refusal(port, made.path + path + "?ticket=x") == 404)
            #expect(try await refusal(port, made.path + path + "?ticket=%zz") == 400)
            #expect(try await refusal(port, "/v1/carts/nonsense" + path, [made.header]) == 404)
            #expect(try await refusal(port, "/v1/carts/019a2f70-91b4-7e3a-8a55-2d6c0e9f1b47" + path, [made.header]) == 404)
        }
    }

    @Test("a WebSocket is for pages of origins that may call, and for what is no page")
    func origins() async throws {
        let made = try await client().makeCart()
        let ports = try Shop.current.services.map(\.port)
        for (service, origin, status) in [
            (0, "https://shop.example", 101), (0, "https://evil.example", 403), (0, "null", 403),
            (0, "https://shop.example.evil.example", 403),
            (0, "http://shop.example", 403), (1, "https://shop.example", 403), (2, "https://anybody.example", 101),
        ] {
            if status == 101 {
                _ = try await cart(try await socket(made, on: service, [("Origin", origin)]), version: 1)
            } else {
                #expect(
                    try await refusal(ports[service], made.path + "/live", [made.header, ("Origin", origin)]) == status,
                    "\(origin)")
            }
        }
        let plain = try await client().get(made.path + "/live", [made.header])
        #expect(plain.status == 426 && plain.code == "upgrade_required" && plain.header("Sec-WebSocket-Version") == "13")
    }

    @Test("a cart has so many listeners and no more, until one goes")
    func crowd() async throws {
        let made = try await client(2).makeCart()
        let port = try Shop.current.services[2].port
        var streams: [EventStreamTestClient] = []
        for _ in 0..<8 {
            streams.append(try await events(made, on: 2))
            _ = try await cart(try #require(streams.last), version: 1)
        }
        #expect(try await refusal(port, made.path + "/live", [made.header]) == 429)
        streams.removeLast().close()
        let isFree = try await onOwnThread {
            try Deadline(seconds: 20).poll(every: 50) {
                let connection = HTTPTestConnection(try RawSocket(port: port))
                try connection.socket.send(WebSocketTestClient.request(made.path + "/live", [made.header]))
                return try connection.head().status == 101
            }
        }
        #expect(isFree)
    }

    @Test("with Redis gone, frozen and back again, listeners on other tasks hear of every change")
    func redisTrouble() async throws {
        let shop = try Shop.current
        let writer = try client()
        let made = try await writer.makeCart()
        let stream = try await events(made, on: 1), socket = try await socket(made, on: 1)
        _ = try await cart(stream, version: 1)
        _ = try await cart(socket, version: 1)
        var version = 1
        func write() async throws {
            version += 1
            #expect(try await writer.add("LIVE", 1, to: made).status == 200)
            _ = try await cart(stream, version: version, seconds: 30)
            _ = try await cart(socket, version: version, seconds: 30)
        }
        try await write()
        try await onOwnThread { shop.redis.kill() }
        for _ in 0..<3 { try await write() }
        try await onOwnThread { try shop.redis.start() }
        for _ in 0..<2 { try await write() }
        shop.redis.freeze()
        for _ in 0..<2 { try await write() }
        shop.redis.resume()
        for _ in 0..<2 { try await write() }
        // Well again, as the suite's end wants it.
        let isWell = try await onOwnThread {
            Deadline(seconds: 30).poll(every: 50) {
                shop.services.allSatisfy {
                    (try? $0.client().request("GET", "/health"))?.text.hasPrefix("{\"status\":\"ok\"") == true
                }
            }
        }
        #expect(isWell)
    }

    @Test("a change made beside the services is found too, before long")
    func beside() async throws {
        let made = try await client().makeCart()
        for service in [0, 2] {
            let stream = try await events(made, on: service)
            let first = try #require(try await stream.next())
            try await Shop.current.execute("UPDATE cart SET version = version + 1 WHERE id = '\(made.id)'")
            let next = try #require(try await stream.next(seconds: 40))
            #expect(Int(next.id ?? "") == Int(first.id ?? "").map { $0 + 1 })
        }
    }
}
