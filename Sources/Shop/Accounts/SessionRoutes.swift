import Cart
import EventLoop
import Formats
import FoundationEssentials
import HTTPServer
import HTTPTypes
import Orders
import Web

/// Sign-in, refresh and sign-out over HTTP.
package struct SessionRoutes {
    private let accounts: AccountStore
    private let sessions: SessionStore
    private let signIns: SignInStore
    private let carts: CartStore
    private let passwords: PasswordVerifier
    private let tokens: AccessTokens
    private let challenge: Challenge
    private let metrics = AccountMetrics()
    static let largestBody = 4 << 10

    package init(
        accounts: AccountStore, signIns: SignInStore, carts: CartStore, passwords: PasswordVerifier, tokens: AccessTokens,
        challenge: Challenge
    ) {
        self.accounts = accounts
        sessions = accounts.sessions
        self.signIns = signIns
        self.carts = carts
        self.passwords = passwords
        self.tokens = tokens
        self.challenge = challenge
    }

    package func register(on router: Router) {
        let json = RouteOptions.json(upTo: Self.largestBody)
        // A password waits in the queue of passwords: its time does not depend on the database.
        router.post("/v1/sessions", json.open(to: .everyone).queuedElsewhere) { context in try await signIn(context) }
        router.post("/v1/sessions/refresh", json.open(to: .everyone)) { context in try await refresh(context) }
        router.delete("/v1/sessions", .open(to: .customer)) { context in try await signOut(context) }
        router.get("/v1/me/sessions", .open(to: .customer)) { context in try await list(context) }
        router.delete("/v1/me/sessions", .open(to: .customer)) { context in try await signOutEverywhere(context) }
        router.delete("/v1/me/sessions/{session}", .open(to: .customer)) { context in try await end(context) }
    }

    // MARK: Signing in

    private enum Secret {
        case password(email: String, String)
        case link(String)
    }

    private func signIn(_ context: RequestContext) async throws -> Response {
        guard tokens.isUsable else { throw Problem(.accountsOff).retrying(after: 60) }
        let secret = try JSONReader.decode(try context.json()) { json -> Secret in
            if let link = json.optional("link_token") { return .link(link.line(length: 1...128)) }
            return .password(
                email: json["email"].line(length: 1...254), json["password"].text(length: 1...PasswordRules.length.upperBound))
        }
        do {
            let grant =
                switch secret {
                case .password(let email, let password): try await open(email: email, password: password, context)
                case .link(let token): try await open(link: token, context)
                }
            guard let grant else {
                metrics.signIn(.refused)
                var problem = Problem(.signInFailed)
                problem.headers.append(.wwwAuthenticate, "Bearer")
                throw problem
            }
            metrics.signIn(.done)
            let cart = await merge(into: grant.claims.principal.account, context)
            return try respond(grant, .created, cookie: true, body: true, cart: cart)
        } catch let problem as Problem where problem.kind == .tooManySignIns {
            metrics.signIn(.delayed)
            throw problem
        }
    }

    private func open(email: String, password: String, _ context: RequestContext) async throws -> SessionStore.Grant? {
        // What is no address has no account, and takes as long.
        let key = EmailAddress.key(of: EmailAddress.parse(email) ?? email.trimmed)
        let attempt = signIns.attempt(email: key, client: ClientKey.of(context.clientAddress))
        let state = try await signIns.state(of: attempt)
        try state.checkWait()
        if challenge.isNeeded(after: state.failures) { try await challenge.require(context) }
        let comparison = try await passwords.compare(password, with: state.passwordHash)
        guard comparison.matches, let account = state.account, let stored = state.passwordHash else {
            try await signIns.failed(attempt)
            return nil
        }
        var signIn = signIn(account, context)
        signIn.passwordHash = stored
        signIn.betterHash = comparison.better
        signIn.emailHash = attempt.emailHash
        return try await sessions.open(signIn)
    }

    private func open(link token: String, _ context: RequestContext) async throws -> SessionStore.Grant? {
        guard let account = try await accounts.account(bySignInToken: token) else { return nil }
        return try await sessions.open(signIn(account, context))
    }

    private func signIn(_ account: UUID, _ context: RequestContext) -> SessionStore.SignIn {
        var signIn = SessionStore.SignIn(
            account: account, client: signIns.clientHash(ClientKey.of(context.clientAddress)))
        signIn.device = context.request[.userAgent].flatMap { Self.device($0) }
        signIn.traceID = context.traceID
        return signIn
    }

    /// A browser's or app's name as it is shown to the person: short, and without characters that could change how it looks.
    static func device(_ text: String) -> String? {
        let scalars = text.unicodeScalars.filter { (0x20...0x7E).contains($0.value) }.prefix(200)
        return scalars.isEmpty ? nil : String(String.UnicodeScalarView(scalars))
    }

    /// Takes over the guest's cart whose token the request has. A merge that fails never prevents a sign-in.
    /// - Returns: the customer's cart
    private func merge(into account: UUID, _ context: RequestContext) async -> UUID? {
        do {
            return try await carts.adopt(cartOf: context.request[.xCartToken], for: account)
        } catch {
            context.logger.warning("a cart could not be merged", metadata: ["error": "\(error)"])
            return nil
        }
    }

    // MARK: Refreshing

    private func refresh(_ context: RequestContext) async throws -> Response {
        guard tokens.isUsable else { throw Problem(.accountsOff).retrying(after: 60) }
        var text: String?
        if !context.request.body.isEmpty {
            text = try JSONReader.decode(try context.json()) { $0.optional("refresh_token")?.line(length: 1...128) }
        }
        let isCookie = text == nil
        if isCookie {
            text = SessionCookie.token(in: context.request.head)
            if text != nil, SessionCookie.isCrossSite(context.request.head) { throw Problem(.crossSite) }
        }
        guard let token = text.flatMap({ RefreshToken($0) }), let grant = try await sessions.refresh(token) else {
            metrics.refresh(.refused)
            var problem = Problem(.sessionEnded)
            problem.headers.append(.wwwAuthenticate, "Bearer")
            if isCookie, text != nil { problem.headers.append(.setCookie, SessionCookie.removal) }
            throw problem
        }
        metrics.refresh(.done)
        // A token that a script cannot read stays so.
        return try respond(grant, .ok, cookie: isCookie, body: !isCookie, cart: nil)
    }

    private func respond(
        _ grant: SessionStore.Grant, _ status: HTTPResponse.Status, cookie: Bool, body: Bool, cart: UUID?
    ) throws -> Response {
        guard let access = tokens.issue(grant.claims) else { throw Problem(.accountsOff).retrying(after: 60) }
        let response = Response.json(status) { json in
            json.beginObject()
            json.field("access_token", access)
            json.field("token_type", "Bearer")
            json.field("expires_in", tokens.seconds)
            if body { json.field("refresh_token", grant.refreshToken.text) }
            if let cart { json.field("cart_id", cart) }
            json.endObject()
        }.with(.cacheControl, CachePolicy.notStored)
        guard cookie else { return response }
        return response.with(
            .setCookie, SessionCookie.header(grant.refreshToken, lifetime: accounts.settings.sessionLifetime))
    }

    // MARK: Ending

    private func signOut(_ context: RequestContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        _ = try await sessions.end(principal.session, of: principal.account)
        return Self.signedOut
    }

    private func signOutEverywhere(_ context: RequestContext) async throws -> Response {
        try await sessions.endAll(of: try context.requirePrincipal().account)
        return Self.signedOut
    }

    private func end(_ context: RequestContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        guard let session = context.parameters.uuid("session"), try await sessions.end(session, of: principal.account) else {
            throw Problem.notFound("There is no such session.")
        }
        return session == principal.session ? Self.signedOut : .noContent
    }

    private static var signedOut: Response { Response.noContent.with(.setCookie, SessionCookie.removal) }

    private func list(_ context: RequestContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        let sessions = try await sessions.sessions(of: principal.account)
        return Response.json { json in
            json.beginObject()
            json.key("data")
            json.beginArray()
            for session in sessions {
                json.beginObject()
                json.field("id", session.id)
                json.field("current", session.id == principal.session)
                json.field("device", session.device)
                json.field("created_at", session.createdAt)
                json.field("used_at", session.usedAt)
                json.field("expires_at", session.expiresAt)
                json.endObject()
            }
            json.endArray()
            json.endObject()
        }.with(.cacheControl, CachePolicy.notStored)
    }
}
