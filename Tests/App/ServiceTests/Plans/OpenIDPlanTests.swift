import Foundation
import TestSupport
import Testing

/// How PostgreSQL finds the people of OpenID Connect issuers: requests go to the service, and PostgreSQL's log shows the plans.
@Suite("Plans of OpenID Connect") struct OpenIDPlanTests {
    private static let large: Set<String> = ["account", "external_identity", "account_session"]

    @Test("no statement about an identity reads a table from end to end, and each goes by the index made for it")
    func plans() async throws {
        try await onOwnThread {
            let server = try PostgresServer(settings: ["shared_buffers": "'256MB'", "fsync": "off"])
            let issuers = try TestIssuers()
            try Self.fill(server, issuers.url("customers"))
            let service = try ServiceProcess(environment: [
                "DATABASE_URL": server.url, "LOOPS": "1", "DRAIN_DELAY": "0s", "LOG_FORMAT": "json", "WORKER": "off",
                "OIDC_ISSUERS":
                    #"[{"issuer":"\#(issuers.url("customers"))","audience":"shop","email_domains":["trusted.example"]}]"#,
            ])
            let client = service.client()
            let began = QueryPlan.all(in: server.log).count
            var seen = began
            func ask(
                _ token: String, _ method: String = "GET", _ path: String = "/v1/me", status: Int = 200, by indexes: [String]
            ) throws {
                let answer = try client.request(method, path, headers: [("Authorization", "Bearer " + token)])
                #expect(answer.status == status, "\(method) \(path): \(answer.text.prefix(300))")
                let plans = QueryPlan.all(in: server.log)
                let used = plans.dropFirst(seen).reduce(into: Set<String>()) { $0.formUnion($1.indexes) }
                seen = plans.count
                #expect(used.isSuperset(of: indexes), "\(method) \(path) went by \(used.sorted())")
            }
            let known = try issuers.token("customers", subject: "person 77")
            try ask(known, by: ["external_identity_subject", "account_pkey"])
            let email: [String: TestClaim] = ["email": "account-4@trusted.example", "email_verified": true]
            let linked = try issuers.token("customers", subject: "new 1", email)
            try ask(linked, by: ["external_identity_subject", "account_email", "external_identity_account"])
            try ask(issuers.token("customers", subject: "new 2"), by: ["external_identity_subject"])
            try ask(known, "DELETE", "/v1/sessions", status: 204, by: ["external_identity_account"])
            try ask(linked, "DELETE", "/v1/me/sessions", status: 204, by: ["external_identity_account"])
            for plan in QueryPlan.all(in: server.log).dropFirst(began) where !plan.scanned.isDisjoint(with: Self.large) {
                Issue.record("reads \(plan.scanned.sorted()) from end to end: \(plan.text)")
            }
            _ = try service.terminate()
        }
    }

    private static func fill(_ server: PostgresServer, _ issuer: String) throws {
        let migrated = try ServiceProcess.run(["migrate", "up"], environment: ["DATABASE_URL": server.url])
        guard migrated.status == .exited(0) else { throw TestFailure("migrate up: \(migrated.error)\(migrated.output)") }
        try server.execute(
            """
            INSERT INTO account (id, email, email_key) SELECT gen_random_uuid(), 'account-' || n || '@trusted.example',
                'account-' || n || '@trusted.example' FROM generate_series(1, 20000) n;
            INSERT INTO external_identity (id, issuer, subject, account_id, session_id) SELECT gen_random_uuid(), '\(issuer)',
                'person ' || row_number() OVER (), id, gen_random_uuid() FROM account WHERE email <> 'account-4@trusted.example';
            INSERT INTO account_session (id, account_id, family_hash, expires_at) SELECT gen_random_uuid(), id,
                sha256(id::text::bytea), now() + interval '1 day' FROM account;
            """)
        try server.execute("VACUUM ANALYZE")
        try server.execute(
            """
            ALTER DATABASE postgres SET session_preload_libraries = 'auto_explain';
            ALTER DATABASE postgres SET auto_explain.log_min_duration = 0; ALTER DATABASE postgres SET auto_explain.log_format = 'json';
            """)
    }
}
