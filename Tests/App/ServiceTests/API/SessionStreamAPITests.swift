import Foundation
import TestSupport
import Testing

/// The open streams of a customer's cart end with the session that opened them, on every process.
@Suite(.shop([Goods("POT", stock: 100)], environments: AccountShop.environments))
struct SessionStreamAPITests {
    private func client(_ service: Int = 0) throws -> ShopClient { ShopClient(try Shop.current, service: service) }

    /// A customer with a cart, signed in.
    private func customer(_ account: TestAccount) async throws -> (session: TestSession, path: String) {
        let client = try client()
        let session = try await account.signIn(client)
        let cart = try await client.send("POST", "/v1/carts", [session.header], json: "{}")
        return (session, "/v1/carts/" + cart["id"].text)
    }

    private func ticket(_ session: TestSession, _ path: String) async throws -> String {
        let made = try await client().send("POST", path + "/tickets", [session.header])
        #expect(made.status == 201)
        return made["ticket"].text
    }

    private func stream(_ session: TestSession, _ path: String, on service: Int) async throws -> EventStreamTestClient {
        let stream = try await EventStreamTestClient.connect(
            port: Shop.current.services[service].port, path + "/events?ticket=" + (try await ticket(session, path)))
        #expect(try await stream.next()?.name == "cart.updated")
        return stream
    }

    @Test("a stream ends with its session, and those of other sessions go on", arguments: ["this one", "all", "password"])
    func ends(way: String) async throws {
        let account = TestAccount()
        try await account.insert(into: Shop.current)
        let (session, path) = try await customer(account)
        let other = try await account.signIn(try client())
        let ending = [try await stream(session, path, on: 0), try await stream(session, path, on: 1)]
        let staying = try await stream(other, path, on: 1)
        let socket = try await WebSocketTestClient.connect(
            port: Shop.current.services[1].port, path + "/live?ticket=" + (try await ticket(session, path)))
        _ = try await socket.receiveBeyondPings()
        let unused = try await ticket(session, path)
        let client = try client()
        switch way {
        case "this one": #expect(try await client.send("DELETE", "/v1/sessions", [session.header]).status == 204)
        case "all": #expect(try await client.send("DELETE", "/v1/me/sessions", [other.header]).status == 204)
        default:
            let json = #"{"password":"eight grey herons","current_password":"\#(account.password)"}"#
            #expect(try await client.send("PATCH", "/v1/me", [other.header], json: json).status == 200)
        }
        for stream in ending { #expect(try await stream.next() == nil) }
        #expect(try await socket.receiveBeyondPings().code == 1008)
        let late = try await client.get(path + "/events?ticket=" + unused)
        #expect(late.status == 404)
        if way == "this one" {
            _ = try await client.send(
                "POST", path + "/items", [other.header], json: #"{"sku":"POT","quantity":1}"#)
            #expect(try await staying.next()?.name == "cart.updated")
        } else {
            #expect(try await staying.next() == nil)
        }
    }

    @Test("a person who signs in again gets a stream that stays") func again() async throws {
        let account = TestAccount()
        try await account.insert(into: Shop.current)
        let (session, path) = try await customer(account)
        let first = try await stream(session, path, on: 1)
        #expect(try await client().send("DELETE", "/v1/me/sessions", [session.header]).status == 204)
        #expect(try await first.next() == nil)
        let fresh = try await account.signIn(try client())
        let second = try await stream(fresh, path, on: 1)
        for quantity in 1...3 {
            _ = try await client().send("PUT", path + "/items/POT", [fresh.header], json: #"{"quantity":\#(quantity)}"#)
            #expect(try await second.next()?.name == "cart.updated")
        }
    }
}
