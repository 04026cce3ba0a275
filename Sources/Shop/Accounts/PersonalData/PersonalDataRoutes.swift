import Formats
import FoundationEssentials
import HTTPServer
import HTTPTypes
import Web

/// What the shop keeps about a customer, over HTTP: a copy of it, and the end of it.
package struct PersonalDataRoutes {
    private let store: AccountStore
    private let erasure: AccountErasure
    private let export: AccountExport
    private let present: PresentPassword

    package init(
        store: AccountStore, erasure: AccountErasure, export: AccountExport, signIns: SignInStore,
        passwords: PasswordVerifier
    ) {
        self.store = store
        self.erasure = erasure
        self.export = export
        present = PresentPassword(store: store, signIns: signIns, passwords: passwords)
    }

    package func register(on router: Router) {
        router.get("/v1/me/export", .open(to: .customer)) { context in try await copy(context) }
        router.delete("/v1/me", .json(upTo: SessionRoutes.largestBody).open(to: .customer).queuedElsewhere) { context in
            try await delete(context)
        }
    }

    private func copy(_ context: RequestContext) async throws -> Response {
        let account = try context.requirePrincipal().account
        guard let head = try await export.head(of: account) else { throw Problem.unauthorized() }
        var headers = HeaderBlock()
        headers.append(.contentType, "application/json")
        headers.append(.contentDisposition, #"attachment; filename="account.json""#)
        headers.append(.cacheControl, CachePolicy.notStored)
        return .streamed(.ok, headers: headers) { [export] output in
            try await output.write(head)
            try await export.writeRest(of: account, to: output)
        }
    }

    private func delete(_ context: RequestContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        var password: String?
        if !context.request.body.isEmpty {
            password = try JSONReader.decode(try context.json()) { json in
                json.optional("password")?.text(length: 1...PasswordRules.length.upperBound)
            }
        }
        let proof: AccountErasure.Proof
        guard let account = try await store.account(principal.account) else { throw Problem.unauthorized() }
        if account.hasPassword {
            guard let password else { throw Problem.invalid("/password", "must be the password of the account") }
            proof = .password(hash: try await present.check(password, of: account, context))
        } else {
            proof = .freshSignIn(session: principal.session, at: principal.signedInAt)
        }
        try await erasure.erase(principal.account, proof: proof, traceID: context.traceID)
        return Response.noContent.with(.setCookie, SessionCookie.removal)
    }
}

extension HTTPField.Name {
    static let contentDisposition = constant("Content-Disposition")
}
