import Foundation
import TestSupport
import Testing

/// What the shop of these tests has.
enum SemanticsGoods {
    static let origin = "https://shop.example"
    static let settings = [
        "CORS_ORIGINS": "https://staff.example,\(origin)", "TRUSTED_PROXIES": "127.0.0.1",
        "ASSETS_DIR": "deploy/demo/images",
    ]
    static let kettle = {
        var goods = Goods("KETTLE", stock: 10_000)
        goods.category = "home/kitchen"
        goods.description = String(repeating: "A dependable kettle, made to last. ", count: 60)
        return goods
    }()
    /// It is never bought, so that its document stays the same.
    static let pot = {
        var goods = Goods("POT", stock: 7)
        goods.category = "home/kitchen"
        goods.description = String(repeating: "A dependable pot, made to last. ", count: 60)
        return goods
    }()
}

/// What caches, content networks and browsers rely on, asked of every call of the service.
@Suite(
    .serialized,
    .shop(
        [SemanticsGoods.kettle, SemanticsGoods.pot],
        environments: [SemanticsGoods.settings, ["CORS_ORIGINS": "*", "TRUSTED_PROXIES": "10.0.0.0/8"]]))
struct SemanticsAPITests {
    private static let origin = SemanticsGoods.origin
    private func send(
        _ method: String, _ request: RouteRequest, _ more: [(String, String)] = [], service: Int = 0
    ) async throws -> HTTPTestResponse {
        let client = try Shop.current.services[service].client()
        let headers = request.headers + more + (request.json == nil ? [] : [("Content-Type", "application/json")])
        return try await onOwnThread {
            try client.request(method, request.path, headers: headers, body: request.json.map { Array($0.utf8) })
        }
    }

    private func goods() async throws -> RouteGoods {
        let client = ShopClient(try Shop.current)
        let cart = try await client.makeCart()
        try await client.add("KETTLE", 1, to: cart)
        return RouteGoods(
            sku: "KETTLE", cart: cart, order: TestOrder(try await client.order([("KETTLE", 1)])),
            person: try await RouteAccount(in: Shop.current))
    }

    private static let reads = RouteCase.all.filter { $0.method == "GET" && $0.kind != .endless }

    /// The fields but those that differ by moment.
    private func fields(_ response: HTTPTestResponse, without dropped: Set<String> = []) -> [String] {
        response.headers.filter { !Set(["date", "x-request-id"]).union(dropped).contains($0.name.lowercased()) }
            .map { "\($0.name): \($0.value)" }
    }

    // MARK: All routes

    @Test("the table has every call that the service describes, and so every route") func complete() async throws {
        let document = try JSONTree(try await send("GET", RouteRequest(path: "/openapi.json")).body)
        let described = (document["paths"]?.members ?? [:]).flatMap { path, item in
            item.members.keys.map { "\($0.uppercased()) \(path)" }
        }
        #expect(Set(described) == Set(RouteCase.all.map(\.call)))
    }

    @Test("each answer says how long it may be kept, and to browsers what it may do", arguments: RouteCase.all.indices)
    func fields(index: Int) async throws {
        let route = RouteCase.all[index]
        guard route.kind != .endless else { return }
        let response = try await send(route.method, route.request(try await goods()), [("Origin", Self.origin)])
        #expect((200...204).contains(response.status), "\(response.text.prefix(500))")
        #expect(response.all("Cache-Control") == [route.cache])
        #expect(response.all("ETag").count == (route.hasTag ? 1 : 0))
        #expect(response.all("Last-Modified").count == (route.hasDate ? 1 : 0))
        #expect(response.header("X-Content-Type-Options") == "nosniff")
        #expect(response.header("Referrer-Policy") == "no-referrer")
        #expect(response.header("Access-Control-Allow-Origin") == Self.origin)
        #expect(response.all("Vary").joined(separator: ", ").contains("Origin"))
        #expect(response.all("Access-Control-Allow-Credentials") == [])
        switch route.kind {
        case .data:
            #expect(response.header("Content-Type") == "application/json")
            #expect(response.header("Content-Security-Policy") == "default-src 'none'; frame-ancestors 'none'")
            #expect(response.header("X-Frame-Options") == "DENY")
            #expect(response.header("Cross-Origin-Resource-Policy") == "same-origin")
        case .page:
            let policy = try #require(response.header("Content-Security-Policy"))
            #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-") && policy.contains("frame-ancestors 'none'"))
            #expect(response.header("X-Frame-Options") == "DENY")
            #expect(response.header("Cross-Origin-Resource-Policy") == "same-origin")
        case .asset:
            #expect(response.header("Content-Security-Policy")?.hasPrefix("default-src 'none'") == true)
            #expect(response.header("Cross-Origin-Resource-Policy") == "cross-origin")
        case .empty: #expect(response.status == 204 && response.body.isEmpty)
        case .endless: break
        }
    }

    @Test(
        "who has a version gets 304 with the same Cache-Control, ETag and Vary, and nothing of the body", arguments: reads.indices
    )
    func notModified(index: Int) async throws {
        let route = Self.reads[index]
        guard route.hasTag else { return }
        let request = route.request(try await goods())
        let whole = try await send("GET", request)
        let tag = try #require(whole.header("ETag"))
        for field in [tag, "W/" + tag, "\"other\", \(tag)", "*"] {
            for method in ["GET", "HEAD"] {
                let response = try await send(method, request, [("If-None-Match", field)])
                #expect(response.status == 304, "\(field)")
                #expect(response.body.isEmpty)
                for name in ["Cache-Control", "ETag", "Vary", "X-Content-Type-Options"] {
                    #expect(response.all(name) == whole.all(name), "\(name)")
                }
                for name in ["Content-Type", "Content-Length", "Content-Security-Policy", "Link", "Content-Encoding"] {
                    #expect(response.all(name) == [], "\(name)")
                }
            }
        }
        for field in ["\"other\"", "", "other", "\"" + tag] {
            #expect(try await send("GET", request, [("If-None-Match", field)]).status == 200, "\(field)")
        }
        #expect(try await send("GET", request, [("If-Match", tag)]).status == 200)
        #expect(try await send("GET", request, [("If-Match", "*")]).status == 200)
        let failed = try await send("GET", request, [("If-Match", "\"other\""), ("If-None-Match", tag)])
        #expect(failed.status == 412 && failed.header("Cache-Control") == "no-store")
    }

    @Test("HEAD says all that GET says, and has no body", arguments: reads.indices)
    func head(index: Int) async throws {
        let request = Self.reads[index].request(try await goods())
        // Between the two a second may begin, and the health check's figures and their length change.
        let figures: Set<String> = request.path == "/health" ? ["content-length"] : []
        let get = try await send("GET", request)
        let head = try await send("HEAD", request)
        #expect(head.status == get.status && head.body.isEmpty)
        #expect(fields(head, without: figures) == fields(get, without: figures))
        #expect(head.header("Content-Length") != nil)
    }

    @Test("HEAD of what fails says what GET says") func headOfErrors() async throws {
        let goods = try await goods()
        for path in ["/v1/nowhere", "/v1/products/nothing", "/v1/products?limit=0", goods.cart.path, "/assets/none.svg", "/%zz"] {
            let request = RouteRequest(path: path, headers: [("X-Request-Id", "one-length")])
            let get = try await send("GET", request)
            let head = try await send("HEAD", request)
            #expect(get.status >= 400 && head.status == get.status && head.body.isEmpty)
            #expect(fields(head) == fields(get), "\(path)")
        }
    }

    @Test("OPTIONS lists the methods of each path", arguments: Set(RouteCase.all.map(\.template)).sorted())
    func options(template: String) async throws {
        let routes = RouteCase.all.filter { $0.template == template }
        let request = try #require(routes.first).request(try await goods())
        let response = try await send("OPTIONS", RouteRequest(path: request.path))
        #expect(response.status == 204)
        // Another template may have the path, too: /v1/orders/lookup could be the number of an order.
        let others = RouteCase.all.filter { $0.template == "/v1/orders/{order}" && template == "/v1/orders/lookup" }
        let methods = Set((routes + others).map(\.method)).union(["OPTIONS"])
        let allowed = Set((response.header("Allow") ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
        #expect(allowed == (methods.contains("GET") ? methods.union(["HEAD"]) : methods))
        for method in ["PATCH", "TRACE", "QUERY"] where !methods.contains(method) {
            let refused = try await send(method, RouteRequest(path: request.path))
            #expect(refused.status == 405 && refused.header("Allow") == response.header("Allow"))
        }
    }

    @Test("no error may be kept, and each tells browsers the same", arguments: RouteCase.all.indices)
    func errors(index: Int) async throws {
        let route = RouteCase.all[index]
        let good = route.request(try await goods())
        var answers = [try await send("TRACE", RouteRequest(path: good.path), [("Origin", Self.origin)])]
        if route.template.contains("{") {
            let path = good.path.replacing(good.path.split(separator: "/")[1], with: "nothing")
            answers.append(try await send(route.method, RouteRequest(path: path, json: good.json), [("Origin", Self.origin)]))
        }
        if good.json != nil {
            for body in ["{", "[]"] {
                answers.append(
                    try await send(
                        route.method, RouteRequest(path: good.path, headers: good.headers, json: body), [("Origin", Self.origin)])
                )
            }
            let coded = try await send(route.method, good, [("Content-Encoding", "gzip"), ("Origin", Self.origin)])
            #expect(coded.status == 415 && coded.header("Accept-Encoding") == "identity")
            answers.append(coded)
        }
        for answer in answers {
            #expect(answer.status >= 400)
            #expect(answer.all("Cache-Control") == ["no-store"])
            #expect(answer.all("ETag") == [])
            #expect(answer.header("Content-Type") == "application/problem+json")
            #expect(answer.header("X-Content-Type-Options") == "nosniff")
            #expect(answer.header("Content-Security-Policy") == "default-src 'none'; frame-ancestors 'none'")
            #expect(answer.header("Access-Control-Allow-Origin") == Self.origin)
        }
    }

    // MARK: Writes

    @Test("the tag of a new order is the one that reading it gives; a repeated request has it too") func orderTag() async throws {
        let goods = try await goods()
        let address = """
            "shipping_address":{"name":"Zoë \\"Z\\" O\\u2019Neil","line1":"1/2 Höhe","line2":"b","company":"C & <D>","city":"Łódź",\
            "region":"R","postal_code":"N1 7AA","country":"GB","phone":"+1 2"}
            """
        let request = RouteRequest(
            path: "/v1/orders", headers: [("Idempotency-Key", Shop.newKey())],
            json: #"{"items":[{"sku":"\#(goods.sku)","quantity":1}],"email":"ada@example.com",\#(address)}"#)
        let placed = try await send("POST", request)
        let answer = Answer(placed)
        try #require(placed.status == 201, "\(placed.text)")
        let order = TestOrder(answer)
        let read = try await send("GET", RouteRequest(path: order.path, headers: [order.header]))
        #expect(placed.header("ETag") == read.header("ETag"))
        let again = try await send(
            "GET", RouteRequest(path: order.path, headers: [order.header]), [("If-None-Match", answer.tag)])
        #expect(again.status == 304)
        let replayed = try await send("POST", request)
        #expect(replayed.header("Idempotent-Replayed") == "true" && replayed.header("ETag") == answer.tag)
        let cancelled = try await send("POST", RouteRequest(path: order.path + "/cancel", headers: [order.header]))
        #expect(cancelled.status == 200 && cancelled.header("ETag") != answer.tag)
    }

    @Test("a cart's write with If-Match happens for the version that was read, and for no other") func ifMatch() async throws {
        let goods = try await goods()
        let item = RouteRequest(path: goods.cart.path + "/items/KETTLE", headers: [goods.cart.header], json: #"{"quantity":3}"#)
        let read = try await send("GET", RouteRequest(path: goods.cart.path, headers: [goods.cart.header]))
        let tag = try #require(read.header("ETag"))
        for field in ["W/" + tag, "\"0.x\"", "\"x\""] {
            #expect(try await send("PUT", item, [("If-Match", field)]).status == 412, "\(field)")
        }
        #expect(try await send("PUT", item, [("If-Match", "x")]).status == 400)
        let written = try await send("PUT", item, [("If-Match", tag)])
        #expect(written.status == 200 && written.header("ETag") != tag)
        #expect(try await send("PUT", item, [("If-Match", tag)]).status == 412)
        #expect(try await send("PUT", item, [("If-Match", "*")]).status == 200)
    }

    // MARK: Times

    @Test("what has a time of change can be asked for by it, and a tag comes first") func modificationTime() async throws {
        let asset = RouteRequest(path: "/assets/fern-enamel-mug.svg")
        let whole = try await send("GET", asset)
        let date = try #require(whole.header("Last-Modified"))
        let tag = try #require(whole.header("ETag"))
        let file = try TestEnvironment.read().root + "/deploy/demo/images/fern-enamel-mug.svg"
        let time = try #require(try FileManager.default.attributesOfItem(atPath: file)[.modificationDate] as? Date)
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "UTC")
        func text(_ pattern: String, after seconds: Double) -> String {
            format.dateFormat = pattern
            return format.string(from: time.addingTimeInterval(seconds))
        }
        #expect(text("EEE, dd MMM yyyy HH:mm:ss 'GMT'", after: 0) == date)
        for pattern in ["EEE, dd MMM yyyy HH:mm:ss 'GMT'", "EEEE, dd-MMM-yy HH:mm:ss 'GMT'"] {
            #expect(try await send("GET", asset, [("If-Modified-Since", text(pattern, after: 0))]).status == 304)
            #expect(try await send("GET", asset, [("If-Modified-Since", text(pattern, after: 60))]).status == 304)
            #expect(try await send("GET", asset, [("If-Modified-Since", text(pattern, after: -2))]).status == 200)
        }
        #expect(try await send("HEAD", asset, [("If-Modified-Since", date)]).status == 304)
        #expect(try await send("GET", asset, [("If-Modified-Since", "yesterday")]).status == 200)
        #expect(try await send("GET", asset, [("If-Modified-Since", date), ("If-None-Match", "\"other\"")]).status == 200)
        let old = text("EEE, dd MMM yyyy HH:mm:ss 'GMT'", after: -3600)
        #expect(try await send("GET", asset, [("If-Modified-Since", old), ("If-None-Match", tag)]).status == 304)
        #expect(try await send("GET", asset, [("If-Unmodified-Since", old)]).status == 412)
        #expect(try await send("GET", asset, [("If-Unmodified-Since", date)]).status == 200)
        #expect(try await send("GET", asset, [("If-Unmodified-Since", old), ("If-Match", tag)]).status == 200)
        // A document with stock has no such time, so a later time proves nothing.
        let product = RouteRequest(path: "/v1/products/pot")
        #expect(try await send("GET", product, [("If-Modified-Since", "Fri, 31 Dec 2100 23:59:59 GMT")]).status == 200)
    }

    // MARK: Browsers

    @Test("pages of listed origins may call, those of others may not") func crossOrigin() async throws {
        let list = RouteRequest(path: "/v1/products")
        for origin in [Self.origin, "https://staff.example"] {
            let answer = try await send("GET", list, [("Origin", origin)])
            #expect(answer.header("Access-Control-Allow-Origin") == origin)
            #expect(answer.header("Access-Control-Expose-Headers")?.contains("ETag") == true)
        }
        for origin in ["https://evil.example", "http://shop.example", "https://shop.example.evil", "null", ""] {
            let answer = try await send("GET", list, [("Origin", origin)])
            #expect(answer.status == 200 && answer.all("Access-Control-Allow-Origin") == [], "\(origin)")
            #expect(answer.all("Vary").joined().contains("Origin"))
        }
        #expect(try await send("GET", list).all("Vary").joined().contains("Origin"))
        let open = try await send("GET", list, [("Origin", "https://anybody.example")], service: 1)
        #expect(open.header("Access-Control-Allow-Origin") == "*")
        #expect(!open.all("Vary").joined().contains("Origin"))
        #expect(open.all("Access-Control-Allow-Credentials") == [])
        #expect(try await send("GET", list, service: 1).header("Access-Control-Allow-Origin") == "*")
    }

    @Test("a preflight is answered for each path and kept for hours", arguments: RouteCase.all.indices)
    func preflight(index: Int) async throws {
        let route = RouteCase.all[index]
        let path = route.request(try await goods()).path
        let ask = [("Access-Control-Request-Method", route.method), ("Access-Control-Request-Headers", "x-cart-token,if-match")]
        let yes = try await send("OPTIONS", RouteRequest(path: path), ask + [("Origin", Self.origin)])
        #expect(yes.status == 204)
        #expect(yes.header("Access-Control-Allow-Origin") == Self.origin)
        #expect(yes.header("Access-Control-Allow-Methods")?.contains(route.method) == true)
        let fields = (yes.header("Access-Control-Allow-Headers") ?? "").lowercased()
        for name in ["x-cart-token", "if-match", "idempotency-key", "content-type", "authorization", "x-order-token"] {
            #expect(fields.contains(name))
        }
        #expect(yes.header("Access-Control-Max-Age") == "7200")
        #expect(yes.header("Vary") == "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
        #expect(yes.all("Access-Control-Allow-Credentials") == [])
        let no = try await send("OPTIONS", RouteRequest(path: path), ask + [("Origin", "https://evil.example")])
        #expect(no.status == 204 && no.header("Allow") != nil)
        #expect(!no.headers.contains { $0.name.lowercased().hasPrefix("access-control-allow") })
    }

    @Test("browsers are told to stay with TLS where they came over it, as a trusted proxy says") func strictTransport()
        async throws
    {
        let list = RouteRequest(path: "/v1/products")
        for request in [list, RouteRequest(path: "/v1/nowhere"), RouteRequest(path: "/docs")] {
            let secure = try await send("GET", request, [("X-Forwarded-Proto", "https")])
            #expect(secure.header("Strict-Transport-Security") == "max-age=31536000")
        }
        for headers in [[], [("X-Forwarded-Proto", "http")], [("X-Forwarded-Proto", "https, http")]] {
            #expect(try await send("GET", list, headers).all("Strict-Transport-Security") == [])
        }
        // This service does not trust its peer.
        #expect(try await send("GET", list, [("X-Forwarded-Proto", "https")], service: 1).all("Strict-Transport-Security") == [])
    }

    // MARK: Ranges

    @Test("ranges are not served: the whole is, which RFC 9110 §14.2 allows of any", arguments: reads.indices)
    func ranges(index: Int) async throws {
        let request = Self.reads[index].request(try await goods())
        for range in ["bytes=0-0", "bytes=5-", "bytes=-1", "bytes=0-0,2-3", "bytes=9999999-", "lines=1-2", "x"] {
            let answer = try await send("GET", request, [("Range", range)])
            #expect(answer.status == 200 && answer.all("Content-Range") == [])
            #expect(answer.header("Content-Length") == String(answer.body.count))
        }
    }
}
