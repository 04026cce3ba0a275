import Foundation
import TestSupport
import Testing

/// Content codings, asked of every call of the service, which codes what is worth it; a second one codes nothing.
@Suite(
    .serialized,
    .shop(
        [SemanticsGoods.kettle, SemanticsGoods.pot],
        environments: [
            ["ASSETS_DIR": "deploy/demo/images"], ["ASSETS_DIR": "deploy/demo/images", "COMPRESSION": "off"], ["CACHE": "off"],
        ]))
struct CompressionAPITests {
    private static let reads = RouteCase.all.filter { $0.method == "GET" && $0.kind != .endless }

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

    /// What Python makes of gzip.
    private func unzipped(_ bytes: [UInt8]) throws -> [UInt8] {
        let scratch = try ScratchDirectory("gzip")
        try Data(bytes).write(to: URL(filePath: scratch.path + "/in"))
        let script = "import gzip,sys; open(sys.argv[1]+'/out','wb').write(gzip.decompress(open(sys.argv[1]+'/in','rb').read()))"
        try Command.check(["python3", "-c", script, scratch.path])
        return Array(try Data(contentsOf: URL(filePath: scratch.path + "/out")))
    }

    private func varies(_ response: HTTPTestResponse) -> Bool {
        response.all("Vary").joined(separator: ", ").split(separator: ", ").contains("Accept-Encoding")
    }

    @Test(
        "compressible responses are gzip if the client accepts it and they are large enough, with a tag of their own; others never",
        arguments: reads.indices)
    func coded(index: Int) async throws {
        let route = Self.reads[index]
        let request = route.request(try await goods())
        let plain = try await send("GET", request)
        let coded = try await send("GET", request, [("Accept-Encoding", "br, gzip;q=0.5")])
        #expect(plain.status == 200 && plain.all("Content-Encoding") == [])
        #expect(varies(plain) == route.isCoded && varies(coded) == route.isCoded)
        guard route.isCoded, plain.body.count >= 1_024 else {
            #expect(coded.all("Content-Encoding") == [])
            #expect(coded.all("ETag") == plain.all("ETag"))
            // Its latencies may have other digits.
            if request.path != "/health" { #expect(coded.body == plain.body) }
            return
        }
        #expect(coded.header("Content-Encoding") == "gzip")
        // A small page has less to save.
        #expect(
            coded.body.count < plain.body.count * (plain.body.count < 4_096 ? 3 : 2) / 4
                && coded.header("Content-Length") == String(coded.body.count))
        #expect(try unzipped(coded.body) == plain.body)
        let tag = try #require(plain.header("ETag")), codedTag = try #require(coded.header("ETag"))
        #expect(codedTag == tag.dropLast() + "-gzip\"")
        for name in ["Content-Type", "Cache-Control", "Last-Modified", "Link", "Content-Security-Policy"] {
            #expect(coded.all(name) == plain.all(name), "\(name)")
        }
        let head = try await send("HEAD", request, [("Accept-Encoding", "gzip")])
        func fields(_ response: HTTPTestResponse) -> [String] {
            response.headers.filter { $0.name != "Date" && $0.name != "X-Request-Id" }.map { "\($0.name): \($0.value)" }
        }
        #expect(head.body.isEmpty && fields(head) == fields(coded))
        for (accepted, condition) in [("gzip", codedTag), ("", tag), ("gzip;q=0", tag)] {
            let held = try await send("GET", request, [("Accept-Encoding", accepted), ("If-None-Match", condition)])
            #expect(held.status == 304 && held.header("ETag") == condition && held.all("Content-Encoding") == [])
            #expect(varies(held) && held.all("Cache-Control") == plain.all("Cache-Control"))
        }
        // The tag of the form that would not be sent (RFC 9110 §13.1.2).
        for (accepted, condition, got) in [("gzip", tag, codedTag), ("", codedTag, tag), ("gzip;q=0", codedTag, tag)] {
            let sent = try await send("GET", request, [("Accept-Encoding", accepted), ("If-None-Match", condition)])
            #expect(sent.status == 200 && sent.header("ETag") == got && !sent.body.isEmpty)
        }
        for refused in ["", "identity", "gzip;q=0", "br", "gzip;q=x"] {
            let answer = try await send("GET", request, [("Accept-Encoding", refused)])
            #expect(answer.all("Content-Encoding") == [] && answer.body == plain.body, "\(refused)")
        }
    }

    @Test("what a shopper alone sees is never compressed beside what others can put into it")
    func secrets() async throws {
        let goods = try await goods()
        for route in RouteCase.all where route.template.hasPrefix("/v1/carts") || route.template.hasPrefix("/v1/orders") {
            #expect(!route.isCoded)
            guard route.method == "GET", route.kind != .endless else { continue }
            let answer = try await send("GET", route.request(goods), [("Accept-Encoding", "gzip")])
            #expect(answer.status == 200 && answer.all("Content-Encoding") == [])
        }
        let failed = try await send(
            "GET", RouteRequest(path: "/v1/products/" + String(repeating: "x", count: 2_000)), [("Accept-Encoding", "gzip")])
        #expect(failed.status == 404 && failed.all("Content-Encoding") == [])
    }

    @Test("with COMPRESSION=off nothing is coded, and nothing varies by it", arguments: reads.indices)
    func off(index: Int) async throws {
        let answer = try await send(
            "GET", Self.reads[index].request(try await goods()), [("Accept-Encoding", "gzip")], service: 1)
        #expect(answer.status == 200 && answer.all("Content-Encoding") == [])
        #expect(!answer.all("Vary").contains("Accept-Encoding"))
    }

    @Test("without the cache it is the same") func uncached() async throws {
        let product = RouteRequest(path: "/v1/products/pot")
        let coded = try await send("GET", product, [("Accept-Encoding", "gzip")], service: 2)
        #expect(coded.header("Content-Encoding") == "gzip")
        #expect(try unzipped(coded.body) == (try await send("GET", product, service: 2)).body)
    }

    @Test("what is sold shows in the gzip as soon as in the rest") func stock() async throws {
        let product = RouteRequest(path: "/v1/products/kettle")
        func available() async throws -> Int64 {
            let answer = try await send("GET", product, [("Accept-Encoding", "gzip")])
            return JSON(parsing: try unzipped(answer.body))["variants"][0]["available"].number
        }
        let before = try await available()
        let sold = try await ShopClient(try Shop.current).order([("KETTLE", 3)])
        #expect(sold.status == 201)
        let deadline = Deadline(seconds: 20)
        var after = before
        while after == before, !deadline.isOver {
            try await Task.sleep(for: .milliseconds(100))
            after = try await available()
        }
        #expect(after < before)
    }

    @Test("a tag that a proxy has marked as its gzip still names the cart's version") func carts() async throws {
        let goods = try await goods()
        let read = try await send("GET", RouteRequest(path: goods.cart.path, headers: [goods.cart.header]))
        let tag = try #require(read.header("ETag"))
        let item = RouteRequest(path: goods.cart.path + "/items/KETTLE", headers: [goods.cart.header], json: #"{"quantity":3}"#)
        #expect(try await send("PUT", item, [("If-Match", tag.dropLast() + "-gzip\"")]).status == 200)
        #expect(try await send("PUT", item, [("If-Match", tag.dropLast() + "-gzip\"")]).status == 412)
    }
}
