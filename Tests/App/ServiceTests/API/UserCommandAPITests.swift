import TestSupport
import Testing

/// `commerce user` beside two services: what an operator changes holds on both, in live streams too.
@Suite(.shop([Goods("POT", stock: 100)], environments: AccountShop.environments))
struct UserCommandAPITests {
    private func client(_ service: Int = 0) throws -> ShopClient { ShopClient(try Shop.current, service: service) }

    private func account(_ name: String = "ada") async throws -> TestAccount {
        let account = TestAccount(name)
        try await account.insert(into: try Shop.current)
        return account
    }

    private func id(of account: TestAccount) async throws -> String {
        try await Shop.current.execute("SELECT id FROM account WHERE email = '\(account.email)'")
    }

    /// Waits until a service refuses a session's access token.
    private func waitForEnd(of session: TestSession, on client: ShopClient) async throws {
        let deadline = TestSupport.Deadline(seconds: 30)
        while try await client.get("/v1/me", [session.header]).status == 200, !deadline.isOver {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try await client.get("/v1/me", [session.header]).status == 401)
    }

    /// The customer's cart, and a ticket for it of this session.
    private func ticket(_ session: TestSession, _ client: ShopClient) async throws -> (path: String, ticket: String) {
        let cart = try await client.send("POST", "/v1/carts", [session.header], json: "{}")
        let path = "/v1/carts/\(cart["id"].text)"
        let issued = try await client.send("POST", path + "/tickets", [session.header])
        #expect(issued.status == 201)
        return (path, issued["ticket"].text)
    }

    private func stream(_ session: TestSession, on service: Int) async throws -> EventStreamTestClient {
        let (path, ticket) = try await ticket(session, try client())
        let stream = try await EventStreamTestClient.connect(
            port: Shop.current.services[service].port, path + "/events?ticket=" + ticket)
        #expect(try await stream.next()?.name == "cart.updated")
        return stream
    }

    private func socket(_ session: TestSession, on service: Int) async throws -> WebSocketTestClient {
        let (path, ticket) = try await ticket(session, try client())
        let socket = try await WebSocketTestClient.connect(
            port: Shop.current.services[service].port, path + "/live?ticket=" + ticket)
        #expect(JSON(parsing: try await socket.receiveBeyondPings().payload)["event"] == "cart.updated")
        return socket
    }

    @Test("a disabled person is out on every task, with all streams, and comes back by signing in")
    func disabling() async throws {
        let shop = try Shop.current
        let (here, there) = (try client(), try client(1))
        let (account, other) = (try await account(), try await account("eve"))
        let sessions = [try await account.signIn(here), try await account.signIn(there)]
        let bystander = try await other.signIn(here)
        let streams = [try await stream(sessions[0], on: 0), try await stream(sessions[1], on: 1)]
        let sockets = [try await socket(sessions[0], on: 0), try await socket(sessions[1], on: 1)]
        let left = try await stream(bystander, on: 1)
        let (path, unused) = try await ticket(sessions[0], here)
        let id = try await id(of: account)

        // In another spelling: upper and lower case are the same.
        let done = try await shop.command(["user", "disable", "--email", account.email.uppercased()])
        #expect(done.status == .exited(0) && done.output == "disabled \(id)\n" && done.error.isEmpty, "\(done.error)")
        for session in sessions {
            try await waitForEnd(of: session, on: here)
            try await waitForEnd(of: session, on: there)
            #expect(try await here.send("POST", "/v1/sessions/refresh", json: session.refreshBody).status == 401)
        }
        for stream in streams { #expect(try await stream.next(seconds: 30) == nil) }
        for socket in sockets { #expect(try await socket.receiveBeyondPings(seconds: 30).code == 1008) }
        #expect(try await there.get(path + "/events?ticket=" + unused).status == 404)
        #expect(try await here.send("POST", "/v1/sessions", json: account.credentials).status == 401)
        let again = try await shop.command(["user", "disable", "--email", account.email])
        #expect(again.status == .exited(0) && again.output == "already disabled \(id)\n")

        // No other person is out.
        #expect(try await there.get("/v1/me", [bystander.header]).status == 200)
        let cart = try await here.send("POST", "/v1/carts", [bystander.header], json: "{}")["id"].text
        _ = try await here.send("POST", "/v1/carts/\(cart)/items", [bystander.header], json: #"{"sku":"POT","quantity":1}"#)
        #expect(try await left.next()?.name == "cart.updated")

        let enabled = try await shop.command(["user", "enable", "--email", account.email])
        #expect(enabled.status == .exited(0) && enabled.output == "enabled \(id)\n")
        let back = try await account.signIn(there)
        #expect(try await here.get("/v1/me", [back.header]).status == 200)
        // What ended stays ended.
        #expect(try await here.send("POST", "/v1/sessions/refresh", json: sessions[0].refreshBody).status == 401)
        #expect(try await here.get("/v1/me", [sessions[0].header]).status == 401)
    }

    @Test("a stream ends with the session in which its ticket was issued, and with no other")
    func signingOut() async throws {
        let (here, there) = (try client(), try client(1))
        let account = try await account()
        let sessions = [try await account.signIn(here), try await account.signIn(there)]
        let streams = [try await stream(sessions[0], on: 1), try await stream(sessions[1], on: 1)]
        let socket = try await socket(sessions[0], on: 1)
        #expect(try await here.send("DELETE", "/v1/sessions", [sessions[0].header]).status == 204)
        #expect(try await streams[0].next(seconds: 30) == nil)
        #expect(try await socket.receiveBeyondPings(seconds: 30).code == 1008)
        let cart = try await here.send("POST", "/v1/carts", [sessions[1].header], json: "{}")["id"].text
        _ = try await here.send("POST", "/v1/carts/\(cart)/items", [sessions[1].header], json: #"{"sku":"POT","quantity":1}"#)
        #expect(try await streams[1].next()?.name == "cart.updated")
        #expect(try await here.send("DELETE", "/v1/me/sessions", [sessions[1].header]).status == 204)
        #expect(try await streams[1].next(seconds: 30) == nil)
    }

    @Test("another role ends all sessions, and the next one has it")
    func roles() async throws {
        let shop = try Shop.current
        let (here, there) = (try client(), try client(1))
        let account = try await account()
        let id = try await id(of: account)
        for (role, shown) in [("manager", JSON.string("manager")), ("warehouse", "warehouse"), ("customer", .absent)] {
            let session = try await account.signIn(here)
            #expect(try await there.get("/v1/me", [session.header]).status == 200)
            let done = try await shop.command(["user", "role", "--email", account.email, "--role", role])
            #expect(done.status == .exited(0) && done.output == "\(role) \(id)\n", "\(done.error)")
            try await waitForEnd(of: session, on: there)
            try await waitForEnd(of: session, on: here)
            let next = try await account.signIn(there)
            #expect(try await here.get("/v1/me", [next.header])["role"] == shown)
            // The same role again ends nothing.
            let again = try await shop.command(["user", "role", "--email", account.email, "--role", role])
            #expect(again.status == .exited(0) && again.output == "already \(role) \(id)\n")
            #expect(try await here.send("POST", "/v1/sessions/refresh", json: next.refreshBody).status == 200)
        }
    }

    @Test("people are named on standard input, too; an unknown one fails, and a line that is no address changes nothing")
    func standardInput() async throws {
        let shop = try Shop.current
        let (first, second) = (try await account(), try await account("eve"))
        let people = "\(first.email)\n\n \(second.email.uppercased()) \r\n"
        let unknown = TestAccount("unknown").email
        let wrong = try await shop.command(["user", "disable", "--email-stdin"], input: people + "not an address\n")
        #expect(wrong.status == .exited(65) && wrong.error == "commerce: line 4 is not an e-mail address; nothing was changed\n")
        let disabled =
            "SELECT count(*) FROM account WHERE disabled_at IS NOT NULL AND email IN ('\(first.email)', '\(second.email)')"
        #expect(try await shop.execute(disabled) == "0")
        let some = try await shop.command(["user", "disable", "--email-stdin"], input: unknown + "\n" + people)
        #expect(some.status == .exited(1) && some.error == "commerce: line 1: there is no account with this address\n")
        #expect(some.output.split(separator: "\n").count == 2 && !some.output.contains("@") && !some.error.contains("@"))
        let both = ["user", "enable", "--email", first.email, "--email", second.email, "--email", unknown]
        let enabled = try await shop.command(both)
        #expect(enabled.status == .exited(1) && enabled.error == "commerce: address 3: there is no account with this address\n")
        #expect(try await shop.command(["user", "enable", "--email-stdin"], input: "\n").status == .exited(65))
    }

    @Test(
        "wrong usage is an error before anything is done",
        arguments: [
            ["disable"], ["disable", "--email", "fern"], ["disable", "--email", "a@example.org", "--email-stdin"], ["enable"],
            ["role", "--email", "a@example.org"], ["role", "--email", "a@example.org", "--role", "king"],
            ["list", "--role", "customer"], ["list", "--email", "fern"], ["list", "--email", "a@example.org", "--role", "owner"],
            ["list", "--limit", "0"],
        ])
    func usage(arguments: [String]) async throws {
        let done = try await Shop.current.command(["user"] + arguments)
        #expect(done.status == .exited(64) && done.output.isEmpty && done.error.hasPrefix("commerce: "), "\(done.error)")
    }

    @Test("the list has the staff and who is disabled, and one person where asked")
    func listing() async throws {
        let shop = try Shop.current
        let (owner, customer, disabled) = (TestAccount("owner"), try await account("zoe"), try await account("dora"))
        try await owner.insert(into: shop, role: "owner")
        _ = try await owner.signIn(try client())
        _ = try await shop.command(["user", "disable", "--email", disabled.email])
        func list(_ arguments: String...) async throws -> [JSON] {
            let done = try await shop.command(["user", "list", "--json", "--limit", "1000"] + arguments)
            #expect(done.status == .exited(0), "\(done.error)")
            return done.output.split(separator: "\n").map { JSON(parsing: Array($0.utf8)) }
        }
        let all = try await list()
        let mails = all.map { $0["email"].text }
        #expect(mails.contains(owner.email) && mails.contains(disabled.email) && !mails.contains(customer.email))
        #expect(mails == mails.sorted())
        let shown = try #require(all.first { $0["email"].text == owner.email })
        #expect(shown["role"] == "owner" && shown["state"] == "active" && shown["sessions"] == 1 && shown["disabled_at"] == .null)
        #expect(try await list("--role", "owner").allSatisfy { $0["role"] == "owner" })
        #expect(try await list("--state", "disabled").allSatisfy { $0["state"] == "disabled" })
        #expect(try await list("--state", "active").allSatisfy { $0["state"] == "active" && $0["role"] != .null })
        #expect(try await list("--email", customer.email.uppercased()).map { $0["role"] } == [.null])
        let none = try await shop.command(["user", "list", "--email", TestAccount("unknown").email])
        #expect(none.status == .exited(1) && none.error == "commerce: there is no account with this address\n")
        let table = try await shop.command(["user", "list", "--email", disabled.email])
        #expect(table.output.hasPrefix("ID ") && table.output.contains("customer  disabled  0 "), "\(table.output)")
    }
}
