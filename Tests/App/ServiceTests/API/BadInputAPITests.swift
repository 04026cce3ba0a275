import Foundation
import Testing
import TestSupport

/// What is malformed, mistyped, too long or out of range, on every route: the right problem, and a service that lives.
@Suite(.shop([Goods("GOOD", stock: 100_000), Goods("STRICT", stock: 10)]))
struct BadInputAPITests {
    /// A call that takes a body, with one that is right.
    private struct Call: Sendable {
        let method: String
        let path: String
        var body: String
        var token: (String, String)?
    }

    private func client() throws -> ShopClient { ShopClient(try Shop.current) }

    private func send(
        _ call: Call, _ client: ShopClient, body: [UInt8]?, type: String? = "application/json",
        _ more: [(String, String)] = []
    )
        async throws -> Answer
    {
        var headers = more + [("Idempotency-Key", Shop.newKey())]
        if let token = call.token { headers.append(token) }
        if let type { headers.append(("Content-Type", type)) }
        return try await client.send(call.method, call.path, headers, body: body)
    }

    private func send(_ call: Call, _ client: ShopClient, _ body: String) async throws -> Answer {
        try await send(call, client, body: Array(body.utf8))
    }

    private func calls(_ client: ShopClient) async throws -> [Call] {
        let cart = try await client.makeCart()
        return [
            Call(method: "POST", path: "/v1/carts", body: #"{"currency":"USD"}"#),
            Call(method: "POST", path: cart.path + "/items", body: #"{"sku":"GOOD","quantity":1}"#, token: cart.header),
            Call(method: "PUT", path: cart.path + "/items/GOOD", body: #"{"quantity":1}"#, token: cart.header),
            Call(method: "POST", path: "/v1/orders", body: #"{"items":[{"sku":"GOOD","quantity":1}],\#(ShopClient.buyer)}"#),
        ]
    }

    @Test("a body that is no JSON is 400, of another type or coding 415, missing 400, of another kind 422, too large 413")
    func bodies() async throws {
        let client = try client()
        for call in try await calls(client) {
            #expect(try await (200...201).contains(send(call, client, call.body).status), "\(call.path)")
            let noJSON: [[UInt8]] =
                [
                    "{", "}", #"{"a":}"#, #"{"a" 1}"#, #"{"a":1,}"#, "{'a':1}", "{a:1}", "[1,]", "nul", "NaN", "01", "+1", "1.",
                    ".5", "1e", "0x1", "--1",
                    #""open"#, #""\x""#, #""\u12""#, #""\ud800""#, #""\udc00\ud800""#, #"{"a":"\ud800x"}"#, "\"\u{1}\"",
                    "\"a\nb\"", "\u{FEFF}{}", " ",
                    call.body + "x", call.body + call.body, String(call.body.dropLast()), #"{"a":1,"a":2}"#, "<xml/>", "a=b&c=d",
                    String(repeating: "[", count: 33) + String(repeating: "]", count: 33),
                    String(repeating: "[", count: 4_000), String(repeating: #"{"a":"#, count: 800),
                ].map { Array($0.utf8) } + [
                    [0xff], [0x22, 0xc0, 0x80, 0x22],
                    [
                        0x22, 0xed, 0xa0, 0x80,
                        0x22,
                    ], [0], Array("{}".utf16).flatMap { [UInt8($0 & 0xff), 0] },
                ]
            for body in noJSON {
                let answer = try await send(call, client, body: body)
                #expect(
                    answer.status == 400 && answer.code == "malformed_json",
                    "\(call.path) \(String(decoding: body.prefix(40), as: UTF8.self))")
            }
            for kind in ["[]", "[{}]", "\"text\"", "1", "true", "null"] {
                let answer = try await send(call, client, kind)
                #expect(answer.status == 422 && answer.pointers == [""], "\(call.path) \(kind)")
            }
            for type in [
                nil, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "json",
                "application/json+xml", "multipart/form-data; boundary=json",
            ] {
                let answer = try await send(call, client, body: Array(call.body.utf8), type: type)
                #expect(answer.status == 415 && answer.code == "unsupported_media_type", "\(call.path) \(type ?? "none")")
            }
            for type in [
                "application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.api+json",
                " application/json ",
            ] {
                #expect(
                    try await (200...201).contains(send(call, client, body: Array(call.body.utf8), type: type).status),
                    "\(call.path) \(type)")
            }
            let coded = try await send(call, client, body: Array(call.body.utf8), [("Content-Encoding", "gzip")])
            #expect(coded.status == 415, "\(call.path)")
            if call.path != "/v1/carts" {
                for body in [nil, []] as [[UInt8]?] {
                    let answer = try await send(call, client, body: body)
                    #expect(answer.status == 400 && answer.code == "empty_body", "\(call.path)")
                }
            }
            let huge = try await send(call, client, body: Array(repeating: 0x20, count: (1 << 20) + 1))
            #expect(huge.status == 413 && huge.code == "body_too_large", "\(call.path)")
            // Each call has its own largest body.
            let room = (call.path == "/v1/orders" ? 64 << 10 : 4 << 10) - call.body.utf8.count
            let large = try await send(call, client, call.body + String(repeating: " ", count: room))
            #expect((200...201).contains(large.status), "\(call.path)")
            let larger = try await send(call, client, call.body + String(repeating: " ", count: room + 1))
            #expect(larger.status == 413 && larger.code == "body_too_large", "\(call.path)")
            let claimed = try await client.send(
                call.method, call.path,
                [
                    ("Content-Length", "99999999999"),
                    (
                        "Content-Type",
                        "application/json"
                    ),
                ], body: [])
            #expect(claimed.status == 413, "\(call.path)")
        }
    }

    @Test("unknown members are ignored, of any kind and depth, and a client's own prices too")
    func unknownMembers() async throws {
        let client = try client()
        let more =
            #""unit_price":1,"price":{"amount":1,"currency":"USD"},"total":{"amount":1},"status":"confirmed","user_id":"1","id":"x","a":[[[{"b":null}]]],"#
        for call in try await calls(client) {
            let answer = try await send(call, client, "{" + more + call.body.dropFirst())
            #expect((200...201).contains(answer.status), "\(call.path)")
            if call.path == "/v1/orders" {
                #expect(answer["total"] == .usd(1000) && answer["status"] == "pending_payment" && answer["id"] != "x")
            }
        }
        let deep = String(repeating: "[", count: 31) + String(repeating: "]", count: 31)
        for call in try await calls(client) {
            #expect(
                try await (200...201).contains(send(call, client, #"{"deep":\#(deep),"# + call.body.dropFirst()).status),
                "\(call.path)")
        }
    }

    private static let quantities = [
        "-1", "1000", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551617", "1e3", "1E0",
        "1.5", "1.0",
        "-0.0", "1e400", "\"1\"", "\"\"", "true", "false", "null", "[]", "[1]", "{}", #"{"amount":1}"#,
        String(
            repeating: "9",
            count: 3_000),
    ]

    @Test("a quantity is a whole number within its bounds, everywhere")
    func quantities() async throws {
        let client = try client()
        let calls = try await calls(client)
        let places = [(calls[1], "/quantity"), (calls[2], "/quantity"), (calls[3], "/items/0/quantity")]
        for (call, pointer) in places {
            for quantity in Self.quantities + (call.method == "PUT" ? [] : ["0", "-0"]) {
                let answer = try await send(
                    call, client,
                    call.body.replacing(
                        #""quantity":1"#,
                        with: #""quantity":\#(quantity)"#))
                #expect(
                    answer.status == 422 && answer.code == "invalid" && answer.pointers == [pointer],
                    "\(call.path) \(quantity.prefix(30))")
            }
            let missing = try await send(call, client, call.body.replacing(#""quantity":1"#, with: #""quantities":1"#))
            #expect(missing.status == 422 && missing.pointers == [pointer])
        }
        let cart = try #require(calls[1].token)
        let read = try await client.get(String(calls[1].path.dropLast("/items".count)), [cart])
        #expect(read["version"] == 1)
    }

    @Test("each member of an order's body has its type and bounds, and all faults are told at once")
    func orderMembers() async throws {
        let client = try client()
        var call = try await calls(client)[3]
        call.body = call.body.replacing("GOOD", with: "STRICT")
        let long = String(repeating: "x", count: 201)
        let noText = [
            "1", "true", "[]", "{}", "null", #""""#, #"" ""#, #""\u0000""#, #""a\u0000b""#, #""a\nb""#, #""\u0085""#,
            "\"\(String(repeating: "y", count: 50_000))\"",
        ]
        var table: [(String, [String], String)] = [
            (#""sku":"STRICT""#, noText + ["\"\(String(repeating: "S", count: 101))\""], "/items/0/sku"),
            (#""name":"Ada Moss""#, noText + ["\"\(long)\""], "/shipping_address/name"),
            (#""line1":"1 Fern Row""#, noText + ["\"\(long)\""], "/shipping_address/line1"),
            (#""city":"Leeds""#, noText + ["\"\(long)\""], "/shipping_address/city"),
            (#""postal_code":"LS1 4AP""#, noText + [#""123456789012345678901""#], "/shipping_address/postal_code"),
            (#""country":"GB""#, noText + [#""gb""#, #""GBR""#, #""XX""#, #""UK""#, #"" GB""#], "/shipping_address/country"),
            (
                #""email":"ada@example.com""#,
                noText + [
                    #""ada""#, #""@example.com""#, #""ada@""#, #""ada@localhost""#, #""a b@example.com""#,
                    #""a@b@example.com""#, #""ada@example..com""#, #""ada@.com""#, #""<ada@example.com>""#,
                    #""ada@example.com,b@example.com""#,
                    "\"\(String(repeating: "a", count: 65))@example.com\"", "\"a@\(String(repeating: "b", count: 250)).com\"",
                    #""ada@example.com\r\nBcc: x""#,
                ], "/email"
            ),
        ]
        table.append((#"[{"sku":"STRICT","quantity":1}]"#, ["1", "true", "{}", "null", #""STRICT""#, "[]"], "/items"))
        table.append((#"{"sku":"STRICT","quantity":1}"#, ["1", "true", "[]", "null", #""STRICT""#], "/items/0"))
        for (right, wrongs, pointer) in table {
            let name = right.hasPrefix("\"") ? String(right.prefix { $0 != ":" }) + ":" : ""
            for wrong in wrongs {
                let answer = try await send(call, client, call.body.replacing(right, with: name + wrong))
                #expect(
                    answer.status == 422 && answer.code == "invalid", "\(pointer) \(wrong.prefix(40)): \(answer.response.text)")
                #expect(answer.pointers == [pointer], "\(pointer) \(wrong.prefix(40))")
            }
        }
        let id = "019a0000-0000-7000-8000-000000000000"
        let others = [
            (#""cart_id":"\#(id)","#, "/items"), (#""cart_id":1,"#, "/items"),
            (#""expected_total":1,"#, "/expected_total"),
            (#""expected_total":{"amount":"1","currency":"USD"},"#, "/expected_total/amount"),
            (#""expected_total":{"amount":1.5,"currency":"USD"},"#, "/expected_total/amount"),
            (#""expected_total":{"amount":1},"#, "/expected_total/currency"),
            (#""expected_total":{"amount":-1,"currency":"USD"},"#, "/expected_total/amount"),
            (#""expected_total":{"amount":1,"currency":"usd"},"#, "/expected_total/currency"),
            (#""cart_version":"1","#, "/cart_version"), (#""cart_version":0,"#, "/cart_version"),
            (#""cart_version":1.0,"#, "/cart_version"),
        ]
        for (member, pointer) in others {
            let answer = try await send(call, client, "{" + member + call.body.dropFirst())
            #expect(answer.status == 422 && answer.pointers.contains(pointer), "\(member): \(answer.response.text)")
        }
        for cart in ["\"\"", "\"1\"", "1", "[]", "{}", "\"\(id)x\"", "\"{\(id)}\""] {
            let answer = try await send(call, client, #"{"cart_id":\#(cart),\#(ShopClient.buyer)}"#)
            #expect(answer.status == 422 && answer.pointers == ["/cart_id"], "\(cart)")
        }
        for address in ["null", "1", "[]", "\"1 Fern Row\""] {
            let answer = try await send(
                call, client,
                #"{"items":[{"sku":"STRICT","quantity":1}],"email":"ada@example.com","shipping_address":\#(address)}"#)
            #expect(answer.status == 422 && answer.pointers == ["/shipping_address"], "\(address)")
        }
        for (name, length) in [("company", 201), ("line2", 201), ("region", 121), ("phone", 41)] {
            for wrong in ["1", "[]", "\"\(String(repeating: "z", count: length))\"", #""\u0000""#] {
                let answer = try await send(
                    call, client, call.body.replacing(#""name":"Ada Moss""#, with: #""name":"Ada Moss","\#(name)":\#(wrong)"#))
                #expect(answer.status == 422 && answer.pointers == ["/shipping_address/" + name], "\(name) \(wrong.prefix(20))")
            }
        }
        let empty = try await send(call, client, "{}")
        #expect(empty.status == 422 && Set(empty.pointers) == ["/items", "/email", "/shipping_address"])
        let wrong = try await send(
            call, client, #"{"items":[{"sku":1},{"quantity":0,"sku":"STRICT"}],"email":"x","shipping_address":{}}"#)
        #expect(
            Set(wrong.pointers) == [
                "/items/0/sku", "/items/0/quantity", "/items/1/quantity", "/email", "/shipping_address/name",
                "/shipping_address/line1",
                "/shipping_address/city", "/shipping_address/country",
            ])
        let flood = try await send(
            call, client, #"{"items":["# + Array(repeating: "{}", count: 100).joined(separator: ",") + "]}")
        #expect(flood.status == 422 && flood.pointers.count <= 32)
        #expect(try await Shop.current.available("STRICT") == 10)
    }

    @Test("a SKU and a cart are texts within bounds")
    func cartMembers() async throws {
        let client = try client()
        let call = try await calls(client)[1]
        for sku in [
            "1", "true", "null", "[]", "{}", #""""#, #"" ""#, #""\u0000""#, #""GOOD\u0000""#, #""GO\nOD""#,
            "\"\(String(repeating: "S", count: 101))\"",
        ] {
            let answer = try await send(call, client, #"{"sku":\#(sku),"quantity":1}"#)
            #expect(answer.status == 422 && answer.pointers == ["/sku"], "\(sku.prefix(30))")
        }
        let both = try await send(call, client, "{}")
        #expect(both.status == 422 && both.pointers == ["/sku", "/quantity"])
    }

    @Test("a path that is not percent-encoded UTF-8 is 400, one that names nothing 404")
    func paths() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        for piece in ["%", "%4", "%zz", "%00", "a%00b", "%ff", "%c0%af", "%ed%a0%80", "%0a", "%0d%0aX:1"] {
            for path in ["/v1/products/", "/v1/categories/", "/v1/carts/", "/v1/orders/", cart.path + "/items/"] {
                let isItem = path.hasSuffix("/items/")
                let answer = try await client.send(isItem ? "DELETE" : "GET", path + piece, [cart.header])
                // What is no percent-encoding at all, the server refuses before a route is looked for.
                #expect(answer.status == 400 && ["malformed_path", "bad_request"].contains(answer.code), "\(path)\(piece)")
            }
        }
        for id in [
            "1", "-", "%20", "..", "%2e%2e", "null", "019a0000-0000-7000-8000-00000000000",
            "019a0000-0000-7000-8000-00000000000g",
            "019a00000000700080000000000000000",
            "'; DROP TABLE cart; --".addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "",
            String(repeating: "9", count: 8_000),
        ] {
            for path in ["/v1/products/", "/v1/categories/", "/v1/carts/", "/v1/orders/"] {
                #expect(
                    try await client.get(path + id, [cart.header, ("X-Order-Token", "x")]).status == 404,
                    "\(path)\(id.prefix(50))")
            }
            #expect(try await client.send("DELETE", cart.path + "/items/" + id, [cart.header]).status == 404)
            #expect(try await client.send("POST", "/v1/orders/\(id)/cancel", [("X-Order-Token", "x")]).status == 404)
        }
        for path in [
            "/v2/products", "/v1/product", "/v1/carts/", cart.path + "/", cart.path + "//items", "/v1/orders",
            "/V1/products", "/v1%2Fproducts", "/.git/config", "//v1/products",
        ] {
            let answer = try await client.get(path, [cart.header])
            // The orders of a customer, who is not signed in here.
            #expect(answer.status == (path == "/v1/orders" ? 401 : 404), "\(path): \(answer.status)")
        }
        let long = try await client.get("/v1/products/" + String(repeating: "a", count: 20_000))
        #expect(long.status == 414)
        let header = try await client.get("/v1/products", [("X-Big", String(repeating: "a", count: 20_000))])
        #expect(header.status == 431)
        let fields = try await client.get("/v1/products", (0..<120).map { ("X-\($0)", "a") })
        #expect(fields.status == 431)
    }

    @Test("every route lists its methods if another is used; an unknown method is 501")
    func methods() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        let routes: [(String, Set<String>)] = [
            ("/health", ["GET", "HEAD"]), ("/health/live", ["GET", "HEAD"]),
            (
                "/v1/products",
                [
                    "GET",
                    "HEAD",
                ]
            ), ("/v1/products/x", ["GET", "HEAD"]),
            ("/v1/categories", ["GET", "HEAD"]), ("/v1/categories/x", ["GET", "HEAD"]), ("/v1/carts", ["POST"]),
            (cart.path, ["GET", "HEAD", "DELETE"]), (cart.path + "/items", ["POST"]),
            (
                cart.path + "/items/x",
                [
                    "PUT",
                    "DELETE",
                ]
            ),
            ("/v1/orders", ["GET", "HEAD", "POST"]), ("/v1/orders/x", ["GET", "HEAD"]), ("/v1/orders/x/cancel", ["POST"]),
        ]
        for (path, known) in routes {
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] where !known.contains(method) {
                let answer = try await client.send(method, path, [cart.header])
                #expect(answer.status == 405 && (method == "HEAD" || answer.code == "method_not_allowed"), "\(method) \(path)")
                let allowed = Set(
                    (answer.header("Allow") ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
                #expect(allowed == known.union(["OPTIONS"]), "\(method) \(path): \(allowed)")
            }
            let options = try await client.send("OPTIONS", path)
            #expect(options.status == 204 && options.header("Allow") != nil, "\(path)")
            for method in ["TRACE", "QUERY"] {
                let answer = try await client.send(method, path)
                #expect(answer.status == 405 && answer.header("Allow") != nil, "\(method) \(path)")
            }
            for method in ["BREW", "get"] {
                let unknown = try await client.send(method, path)
                #expect(unknown.status == 501 && unknown.code == "method_not_implemented", "\(method) \(path)")
            }
        }
    }
}
