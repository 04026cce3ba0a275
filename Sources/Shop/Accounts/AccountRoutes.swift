import EventLoop
import Formats
import FoundationEssentials
import HTTPServer
import HTTPTypes
import Orders
import Web

/// Accounts over HTTP: registering, confirming, passwords and the profile.
package struct AccountRoutes {
    private let store: AccountStore
    private let addresses: AddressStore
    private let passwords: PasswordVerifier
    private let signIns: SignInStore
    private let challenge: Challenge
    /// Those in which the shop can write, as in `de`.
    private let languages: [String]

    package init(
        store: AccountStore, addresses: AddressStore, signIns: SignInStore, passwords: PasswordVerifier, challenge: Challenge,
        languages: [String]
    ) {
        self.store = store
        self.addresses = addresses
        self.passwords = passwords
        self.signIns = signIns
        self.challenge = challenge
        self.languages = languages
    }

    package func register(on router: Router) {
        let json = RouteOptions.json(upTo: SessionRoutes.largestBody)
        router.post("/v1/users", json.open(to: .everyone).queuedElsewhere) { context in try await register(context) }
        router.post("/v1/email-confirmations", json.open(to: .everyone)) { context in try await confirm(context) }
        router.post("/v1/password-resets", json.open(to: .everyone)) { context in
            try await mail(.passwordReset, .passwordReset, context)
        }
        router.put("/v1/password-resets", json.open(to: .everyone).queuedElsewhere) { context in try await resetPassword(context)
        }
        router.post("/v1/sign-in-links", json.open(to: .everyone)) { context in
            try await mail(.signInLink, .signInLink, context)
        }
        router.post("/v1/orders/lookup", json.open(to: .everyone)) { context in try await lookUp(context) }
        router.get("/v1/me", .open(to: .customer)) { context in try await show(context) }
        router.patch("/v1/me", json.open(to: .customer).queuedElsewhere) { context in try await change(context) }
        AddressRoutes(store: addresses).register(on: router)
    }

    // MARK: What a mail answers

    private func register(_ context: RequestContext) async throws -> Response {
        let shop = store.settings.shopName
        let (email, name, password) = try JSONReader.decode(try context.json()) { json in
            let email = json["email"].address()
            let password = json["password"].password(words: PasswordRules.words(email: email, shop: shop))
            return (email, json.optional("name")?.visibleLine(length: 1...200), password)
        }
        try await challenge.require(context)
        let hash = try await passwords.hash(password)
        try await store.request(
            request(.registration, email, name: name, hash: hash, context), mailing: [.registration])
        return Self.accepted
    }

    private func mail(
        _ kind: AccountRequest.Kind, _ mail: AccountMailName, _ context: RequestContext
    ) async throws -> Response {
        let email = try JSONReader.decode(try context.json()) { $0["email"].address() }
        try await challenge.require(context)
        try await store.request(request(kind, email, context), mailing: [mail])
        return Self.accepted
    }

    private func lookUp(_ context: RequestContext) async throws -> Response {
        let (number, email) = try JSONReader.decode(try context.json()) { json in
            (json["number"].line(length: 1...40), json["email"].address())
        }
        try await challenge.require(context)
        var request = request(.orderLink, email, context)
        // What is no number is stored as none: the work is the same.
        request.orderNumber = OrderNumber.parse(number) ?? ""
        try await store.request(request, mailing: [.orderLink])
        return Self.accepted
    }

    private func request(
        _ kind: AccountRequest.Kind, _ email: String, name: String? = nil, hash: String? = nil, account: UUID? = nil,
        _ context: RequestContext
    ) -> AccountRequest {
        AccountRequest(
            kind, email: email, key: EmailAddress.key(of: email), name: name, passwordHash: hash, account: account,
            locale: AcceptLanguage(context.request.head).preferred(of: languages), traceID: context.traceID)
    }

    private func confirm(_ context: RequestContext) async throws -> Response {
        let token = try JSONReader.decode(try context.json()) { $0["token"].line(length: 1...128) }
        guard let confirmation = try await store.confirm(token, traceID: context.traceID) else { throw Problem(.invalidLink) }
        return Response.json { json in
            json.beginObject()
            json.field("status", confirmation == .confirmed ? "confirmed" : "waiting")
            json.endObject()
        }.with(.cacheControl, CachePolicy.notStored)
    }

    private func resetPassword(_ context: RequestContext) async throws -> Response {
        let document = try context.json()
        let token = try JSONReader.decode(document) { $0["token"].line(length: 1...128) }
        // Before the password is hashed: a token that is made up costs little.
        let (email, isValid) = try await store.isPasswordToken(token)
        guard isValid else { throw Problem(.invalidLink) }
        let words = PasswordRules.words(email: email, shop: store.settings.shopName)
        let password = try JSONReader.decode(document) { $0["password"].password(words: words) }
        let hash = try await passwords.hash(password)
        guard try await store.setPassword(hash, by: token, traceID: context.traceID) else { throw Problem(.invalidLink) }
        return .noContent
    }

    /// 202, the same for every address.
    private static var accepted: Response {
        Response.json(.accepted) { json in
            json.beginObject()
            json.field("status", "accepted")
            json.endObject()
        }.with(.cacheControl, CachePolicy.notStored)
    }

    // MARK: The profile

    private func show(_ context: RequestContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        guard var account = try await store.account(principal.account) else { throw Problem.unauthorized() }
        if case .granted(let role) = principal.role { account.role = role.flatMap { AccountRole(rawValue: $0) } }
        let body = account.json()
        return try context.conditional(
            Response.json(bytes: body).with(.cacheControl, CachePolicy.notStored), tag: EntityTag(of: body))
    }

    private struct Change {
        var name: String??
        var email: String?
        var password: String?
        var current: String?
    }

    private func change(_ context: RequestContext) async throws -> Response {
        let id = try context.requirePrincipal().account
        guard let account = try await store.account(id) else { throw Problem.unauthorized() }
        let words = PasswordRules.words(email: account.email ?? "", shop: store.settings.shopName)
        let change = try JSONReader.decode(try context.json()) { json in
            var change = Change()
            if !json["name"].isAbsent { change.name = .some(json.optional("name")?.visibleLine(length: 1...200)) }
            change.email = json.optional("email")?.address()
            change.password = json.optional("password")?.password(words: words)
            if change.email != nil || change.password != nil {
                change.current = json["current_password"].text(length: 1...PasswordRules.length.upperBound)
            }
            return change
        }
        if let current = change.current {
            let present = PresentPassword(store: store, signIns: signIns, passwords: passwords)
            let stored = try await present.check(current, of: account, context)
            if let password = change.password {
                let hash = try await passwords.hash(password)
                guard try await store.setPassword(hash, of: id, insteadOf: stored, traceID: context.traceID) else {
                    throw Problem(.wrongPassword)
                }
            }
            if let email = change.email, EmailAddress.key(of: email) != account.email.map({ EmailAddress.key(of: $0) }) {
                try await store.request(
                    request(.emailChange, email, account: id, context), mailing: [.emailChangeOld, .emailChangeNew])
            }
        }
        if let name = change.name { try await store.setName(name, of: id) }
        return try await show(context)
    }
}

extension JSONReader {
    /// An e-mail address.
    func address() -> String {
        parsed("must be an e-mail address", placeholder: "") { EmailAddress.parse($0) }
    }

    /// A new password.
    func password(words: [String]) -> String {
        let password = text(length: PasswordRules.length)
        if !password.isEmpty, let fault = PasswordRules.fault(of: password, words: words) { refuse(fault) }
        return password
    }
}
