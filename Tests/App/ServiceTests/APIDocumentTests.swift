import Accounts
import EventLoop
import Formats
import Inventory
import JWT
import Logging
import Passwords
import PostgresClient
import TestSupport
import Testing
import Web

@testable import Cart
@testable import Catalog
@testable import Configuration
@testable import OpenAPI
@testable import Orders
@testable import Recommendations
@testable import Service

@Suite("API document")
struct APIDocumentTests {
    private let document: OpenAPIDocument
    private let contract: OpenAPIContract

    init() throws {
        document = try OpenAPIDocument.shop()
        contract = try OpenAPIContract(document.json)
    }

    @Test("is sound: references, ids, tags, answers, parameters, and examples that keep their schemas") func structure() {
        #expect(contract.structureFaults() == [])
    }

    @Test("shows an example of every body that an answer or a request can have") func examples() {
        for operation in document.operations {
            let value = contract.operation(
                operation.method.lowercased(), operation.path.replacing("{", with: "").replacing("}", with: ""))
            for (status, declared) in value?["responses"]?.members ?? [:]
            where status != "default" && operation.path.hasPrefix("/v1/") {
                let response = contract.document.at(declared["$ref"]?.text ?? "") ?? declared
                for (type, media) in response["content"]?.members ?? [:] {
                    #expect(media["examples"]?.members.isEmpty == false, "\(operation.id) \(status) \(type)")
                }
            }
            if let body = value?["requestBody"] {
                #expect(body["content"]?["application/json"]?["examples"]?.members.isEmpty == false, "\(operation.id)")
            }
        }
    }

    @Test("answers are open: a client made from the document takes members, values and problems of later versions") func open() {
        func closings(_ value: JSONTree, _ path: String) -> [String] {
            var found: [String] = []
            if value["additionalProperties"] == .bool(false) { found.append("\(path)/additionalProperties") }
            if value["maxProperties"] != nil { found.append("\(path)/maxProperties") }
            for keyword in ["enum", "oneOf"] where value[keyword]?.elements.isEmpty == false {
                found.append("\(path)/\(keyword)")
            }
            // An example is no part of it.
            let inner = value.members.filter { !["examples", "example", "value"].contains($0.key) }
            return found + inner.flatMap { closings($1, "\(path)/\($0)") }
                + value.elements.enumerated().flatMap { closings($1, "\(path)/\($0)") }
        }
        for section in ["schemas", "responses"] {
            #expect(contract.document.at("#/components/\(section)").map { closings($0, section) } == [])
        }
        for (path, item) in contract.document["paths"]?.members ?? [:] {
            for (method, operation) in item.members {
                #expect(operation["responses"].map { closings($0, "\(method) \(path)") } == [])
            }
        }
        // Unions of problems end with the one that takes any.
        for pointer in [
            "#/paths/~1v1~1orders/post/responses/409", "#/paths/~1v1~1orders/post/responses/422",
            "#/components/responses/InvalidCartWrite",
        ] {
            let schema = contract.document.at(pointer)?["content"]?["application/problem+json"]?["schema"]
            #expect(schema?["anyOf"]?.elements.last?["$ref"]?.text == "#/components/schemas/Problem", "\(pointer)")
        }
    }

    @Test("every code that a schema or an example names is explained, with its status") func codes() {
        func codes(_ value: JSONTree) -> [String] {
            let rule = value["properties"]?["code"]
            let own = (rule?["x-extensible-enum"]?.elements ?? []).compactMap(\.text) + [rule?["const"]?.text].compactMap { $0 }
            return own + value.members.values.flatMap(codes) + value.elements.flatMap(codes)
        }
        let named = Set(codes(contract.document))
        #expect(named.count > 20)
        #expect(named.subtracting(document.problems.map(\.code)) == [])
        for problem in document.problems where problem.status == .conflict {
            #expect(problem.code == "conflict" || named.contains(problem.code), "\(problem.code) is in no answer")
        }
    }

    @Test("the problems of the features are in the document") func titles() throws {
        for kind in [
            ProblemKind.cartActive, .cartConverted, .cartMerged, .cartExpired, .insufficientStock, .priceChanged, .cartChanged,
            .cartEmpty,
            .idempotencyInFlight, .idempotencyKeyReused, .illegalTransition, .currencyMismatch,
        ] {
            #expect(document.problems.contains(kind))
            #expect(!kind.meaning.isEmpty)
        }
    }

    @Test("examples of problems have the title and the status of their kind") func examplesOfProblems() {
        let kinds = Dictionary(uniqueKeysWithValues: document.problems.map { ($0.code, $0) })
        func problems(_ value: JSONTree) -> [JSONTree] {
            let own = value["type"]?.text?.hasPrefix("/docs#") == true && value["request_id"] != nil ? [value] : []
            return own + value.members.values.flatMap(problems) + value.elements.flatMap(problems)
        }
        let found = problems(contract.document)
        #expect(found.count > 20)
        for problem in found {
            let kind = kinds[problem["code"]?.text ?? ""]
            #expect(problem["title"]?.text == kind?.title, "\(problem["code"]?.text ?? "")")
            #expect(
                problem["status"] == (kind?.status.code).map { .number(Double($0), isInteger: true) },
                "\(problem["code"]?.text ?? "")")
            #expect(problem["type"]?.text == kind.map { "/docs#\($0.code)" })
        }
    }

    @Test("every kind of problem has a title and a meaning") func texts() {
        #expect(document.problems.count > 40)
        for kind in document.problems {
            #expect(!kind.title.isEmpty && !kind.meaning.isEmpty, "\(kind.code)")
            #expect(kind.title.first?.isUppercase == true && kind.meaning.hasSuffix("."), "\(kind.code)")
        }
    }

    @Test("describes every route, and no other") func routes() async throws {
        let loop = try EventLoop(label: "test.loop")
        defer { loop.stop() }
        // Never connected to: the routes are only looked at.
        let configuration = try PostgresConfiguration(connectionString: "postgresql://localhost/none")
        let differences = await withCheckedContinuation { continuation in
            loop.execute { [document] in
                let pool = PostgresPool(loop: loop, configuration: configuration, logger: Logger(label: "test"))
                let router = Router()
                let catalog = CatalogRoutes(
                    loop: loop, store: CatalogStore(pool: pool), stock: StockStore(pool: pool), cache: nil, storeCurrency: .usd,
                    key: EncryptionKeys.unprotected.authentication(for: .cursors), policy: "", compressor: nil,
                    gate: AdmissionGate(loop: loop))
                catalog.register(on: router)
                RecommendationRoutes(store: RecommendationStore(pool: pool, support: 1), catalog: catalog).register(on: router)
                let carts = CartStore(pool: pool, lifetime: .seconds(1))
                CartRoutes(store: carts, defaultCurrency: "USD").register(on: router)
                var settings = SettingsReader([:])
                CartLiveRoutes(
                    store: carts, tickets: CartTicketStore(pool: pool, lifetime: .seconds(1)),
                    broadcaster: CartBroadcaster(
                        loop: loop, store: carts, registry: WatchedCartRegistry(maximum: 1, maximumOfCart: 1),
                        logger: Logger(label: "test")),
                    settings: LiveSettings(&settings), origins: AllowedOrigins([])
                ).register(on: router)
                let orders = OrderStore(pool: pool, tokenLifetime: .seconds(1))
                let checkout = CheckoutStore(pool: pool, reservationTime: .seconds(1), keys: .unprotected)
                OrderRoutes(store: orders, checkout: CheckoutQueue(loop: loop, store: checkout)).register(on: router)
                let ended = EndedSessions(tokenLifetime: .seconds(1))
                let sessions = SessionStore(pool: pool, settings: AccountSettings(), ended: ended)
                let accounts = AccountStore(pool: pool, settings: AccountSettings(), sessions: sessions)
                let passwords = PasswordVerifier(hasher: PasswordHasher(), loop: loop)
                SessionRoutes(
                    accounts: accounts, signIns: SignInStore(pool: pool, keys: .unprotected), carts: carts, passwords: passwords,
                    tokens: AccessTokens(
                        keys: [], signingKey: nil, rules: AccessTokenRules(issuer: "", audience: ""), lifetime: .seconds(1))
                ).register(on: router)
                AccountRoutes(
                    store: accounts, addresses: AddressStore(pool: pool, maximum: 1), passwords: passwords, languages: []
                ).register(on: router)
                PersonalDataRoutes(
                    store: accounts, erasure: AccountErasure(pool: pool, sessions: sessions),
                    export: AccountExport(
                        pool: pool, accounts: accounts, addresses: AddressStore(pool: pool, maximum: 1), carts: carts,
                        orders: orders),
                    passwords: passwords
                ).register(on: router)
                HealthRoutes(status: HealthStatus(started: 0)).register(on: router)
                DocsRoutes(document, home: .shop(document)).addRoutes(to: router)
                StaticAssets().addRoutes(to: router, under: "/assets")
                ServicePages.addEvents(FixedResource([], type: "", kind: .data, cacheControl: "", gzip: nil), to: router)
                ServicePages.addKeys(ServicePages.keySet([]), to: router)
                continuation.resume(
                    returning: document.differences(to: router.routes) + Self.accessFaults(of: router.routes, in: document))
            }
        }
        #expect(differences == [])
    }

    /// Every route declares who may call it, and the document says the same.
    private static func accessFaults(of routes: [Route], in document: OpenAPIDocument) -> [String] {
        routes.compactMap { route in
            let name = "\(route.method.rawValue) \(route.template)"
            guard let access = route.options.access else { return "\(name) does not declare who may call it" }
            let operation = document.operations.first { "\($0.method) \($0.path)" == name }
            let security = operation?.value["security"]?.arrayValue ?? []
            let isNeeded = !security.isEmpty && security.allSatisfy { $0.objectValue?.isEmpty == false }
            let isPossible = security.contains { $0["AccessToken"] != nil }
            let isRight =
                switch access {
                case .everyone: !isPossible
                case .cart, .order: isPossible && !isNeeded
                case .customer: isNeeded
                }
            return isRight ? nil : "\(name) is for \(access), and the document says something else"
        }
    }
}
