import Foundation
import Testing
import TestSupport

/// Thousands of requests that are nearly right, the same in every run.
@Suite(.shop([Goods("FUZZ-1", stock: 1_000_000), Goods("FUZZ-2", stock: 1_000_000)], environments: [[:], ["CACHE": "off"]]))
struct FuzzAPITests {
    /// A request that is right, to be damaged.
    private struct Seed {
        let method: String
        let path: String
        var body: String?
    }

    private static let nasty = [
        "null", "true", "-1", "0", "1e308", "9223372036854775808", "1.5", "\"\"", "[]", "{}", "[[[[]]]]", #""\u0000""#,
        #""\ud83d""#, "\"\u{10FFFF}\"",
        #""' OR 1=1 --""#, #""%00""#, #""../../etc/passwd""#, "\"\u{202E}\"", "{\"a\":{\"a\":{\"a\":1}}}", ",", ":", "\"", "\\",
        "{", "]", " ",
    ]
    private static let nastyPath = [
        "%", "%00", "%2F", "%ff", "..", ".", "//", "?", "&", "=", ";", "*", "%25", "~", "'", "%F0%9F%A5%AD", "limit=",
        "cursor=AQ", "sort=", "q=%22",
        "in_stock=", "min_price=-", "include=total", "+", "$1", "(select)", "%%%", ":", "@", "[", "]", "|", "^",
    ]

    @Test("no damaged request ends the service or comes to an internal error", arguments: 1...4 as ClosedRange<UInt64>)
    func fuzz(seed: UInt64) async throws {
        let client = ShopClient(try Shop.current, service: Int(seed % 2))
        let cart = try await client.makeCart()
        let order = TestOrder(try await client.order([("FUZZ-1", 1)]))
        let seeds = [
            Seed(
                method: "GET",
                path: "/v1/products?q=fuzz&category=home&min_price=1&max_price=9&in_stock=true&sort=price&limit=3&include=total"),
            Seed(method: "GET", path: "/v1/products?cursor=AQECAwQFBgcICQoLDA0ODw&limit=2"),
            Seed(method: "GET", path: "/v1/products/fuzz-1"), Seed(method: "GET", path: "/v1/categories/home"),
            Seed(method: "GET", path: cart.path), Seed(method: "GET", path: order.path),
            Seed(method: "POST", path: "/v1/carts", body: #"{"currency":"USD"}"#),
            Seed(method: "POST", path: cart.path + "/items", body: #"{"sku":"FUZZ-1","quantity":2}"#),
            Seed(method: "PUT", path: cart.path + "/items/FUZZ-2", body: #"{"quantity":7}"#),
            Seed(method: "DELETE", path: cart.path + "/items/FUZZ-1"),
            Seed(
                method: "POST", path: "/v1/orders",
                body: #"{"items":[{"sku":"FUZZ-1","quantity":1},{"sku":"FUZZ-2","quantity":2}],\#(ShopClient.buyer)}"#),
            Seed(
                method: "POST", path: "/v1/orders",
                body:
                    #"{"cart_id":"\#(cart.id)","cart_version":3,"expected_total":{"amount":1,"currency":"USD"},\#(ShopClient.buyer)}"#
            ),
            Seed(method: "POST", path: order.path + "/cancel"),
        ]
        let statuses = try await onOwnThread {
            var random = SeededGenerator(seed: seed)
            var statuses: [Int: Int] = [:]
            for _ in 0..<800 {
                guard let seed = seeds.randomElement(using: &random) else { continue }
                let damagesBody = seed.body != nil && Int.random(in: 0..<4, using: &random) > 0
                let path = damagesBody ? seed.path : Self.damaged(path: seed.path, &random)
                let body = damagesBody ? Self.damaged(Array((seed.body ?? "").utf8), &random) : seed.body.map { Array($0.utf8) }
                var headers = [("Idempotency-Key", Shop.newKey()), cart.header, order.header]
                if body != nil { headers.append(("Content-Type", "application/json")) }
                if Int.random(in: 0..<8, using: &random) == 0 {
                    let name =
                        [
                            "If-Match", "If-None-Match", "Idempotency-Key", "X-Cart-Token", "X-Request-Id",
                            "Content-Type", "traceparent", "X-Forwarded-For",
                        ]
                        .randomElement(using: &random) ?? ""
                    headers.removeAll { $0.0 == name }
                    headers.append((name, Self.headerValue(&random)))
                }
                let answer = try client.send(seed.method, path, headers, body: body)
                statuses[answer.status, default: 0] += 1
            }
            return statuses
        }
        // Every answer is looked at when the suite ends: no status of 500 or more among them.
        #expect(statuses.keys.allSatisfy { $0 < 500 }, "\(statuses)")
        #expect(Set(statuses.keys).isSuperset(of: [200, 400, 404, 422]), "damage of too few kinds: \(statuses)")
    }

    private static func damaged(_ body: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var body = body
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            guard !body.isEmpty else { return body }
            let place = Int.random(in: 0..<body.count, using: &random)
            let end = min(body.count, place + Int.random(in: 1...8, using: &random))
            switch Int.random(in: 0..<7, using: &random) {
            case 0: body[place] = UInt8.random(in: 0...255, using: &random)
            case 1: body.removeSubrange(place..<end)
            case 2: body.insert(contentsOf: body[place..<end], at: place)
            case 3: body = Array(body[..<place])
            case 4: body.insert(contentsOf: (nasty.randomElement(using: &random) ?? "").utf8, at: place)
            default:
                // A value of another kind in place of one that is right.
                let colons = body.indices.filter { body[$0] == UInt8(ascii: ":") }
                guard let colon = colons.randomElement(using: &random) else { continue }
                let stop = body[colon...].firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") } ?? body.count
                body.replaceSubrange(colon + 1..<stop, with: Array((nasty.randomElement(using: &random) ?? "").utf8))
            }
        }
        return body
    }

    private static func damaged(path: String, _ random: inout SeededGenerator) -> String {
        var bytes = Array(path.utf8)
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let place = Int.random(in: 1..<max(2, bytes.count), using: &random)
            let end = min(bytes.count, place + Int.random(in: 1...8, using: &random))
            guard place < end else { continue }
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0x21...0x7e, using: &random)
            case 1: bytes.removeSubrange(place..<end)
            case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
            default: bytes.insert(contentsOf: (nastyPath.randomElement(using: &random) ?? "").utf8, at: place)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func headerValue(_ random: inout SeededGenerator) -> String {
        let length = Int.random(in: 0...300, using: &random)
        return String(decoding: (0..<length).map { _ in UInt8.random(in: 0x20...0x7e, using: &random) }, as: UTF8.self)
    }
}
