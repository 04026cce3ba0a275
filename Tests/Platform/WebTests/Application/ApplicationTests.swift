import CoreMetrics
import EventLoop
import Formats
import HTTPServer
import HTTPTypes
import Testing
import WebTestSupport

@testable import Web

@Suite struct ApplicationTests {
    struct Lower: Error {}
    struct Unforeseen: Error, CustomStringConvertible {
        var description: String { "password=hunter2" }
    }
    struct OutOfStock: ProblemConvertible {
        var problem: Problem {
            Problem(ProblemKind(.conflict, "out_of_stock", "Out of stock", "Choose another thing."), "none left")
        }
    }

    /// A small service; built on its loop.
    static func application(
        _ journal: LogJournal, settings: ApplicationSettings = ApplicationSettings(),
        middlewares: [any Middleware] = []
    ) -> Application {
        let router = Router()
        router.get("/health", .quiet) { _ in .json { $0.string("ok") } }
        router.get("/v1/things/{id}") { context in .json { $0.string(context.parameters["id"]) } }
        router.get("/v1/cached") { _ in Response.json { $0.int(1) }.with(.cacheControl, "public, max-age=5") }
        router.post("/v1/echo") { context in
            let value = try context.json()
            return .json(.created) { $0.value(value) }
        }
        router.get("/v1/fail/{how}") { context in
            switch context.parameters["how"] {
            case "lower": throw Lower()
            case "stock": throw OutOfStock()
            case "cancel": throw CancellationError()
            default: throw Unforeseen()
            }
        }
        router.get("/v1/deadline", RouteOptions(access: .everyone, deadline: .seconds(2))) { context in
            let left = Deadline.current.map { $0.remaining(at: context.request.received) }
            return .json { $0.bool(left == .seconds(2)) }
        }
        router.get("/v1/query") { context in
            let query = try context.query
            return .json { $0.string(query.first("q") ?? "") }
        }
        return Application(router: router, middlewares: middlewares, settings: settings, logger: journal.logger) { error in
            error is Lower ? .unavailable(retryAfter: 3) : nil
        }
    }

    private func answer(
        _ method: HTTPRequest.Method, _ target: String, fields: [(String, String)] = [], body: String = "",
        journal: LogJournal = LogJournal()
    ) async throws -> Response {
        try await onLoop { loop in
            let request = Request(method, target, fields: fields, body: body, on: loop)
            return await Self.application(journal).respond(to: request)
        }
    }

    @Test func everyResponseHasARequestIDAndIsNotSniffed() async throws {
        for target in ["/health", "/v1/things/1", "/nowhere", "/v1/fail/x", "/v1/echo", "/%zz"] {
            let response = try await answer(.get, target)
            #expect(try UUIDText.isVersion7(#require(response.headers[.xRequestID])), "\(target)")
            #expect(response.headers[.xContentTypeOptions] == "nosniff")
        }
    }

    @Test func aValidRequestIDOfTheClientIsUsed() async throws {
        let kept = try await answer(.get, "/nowhere", fields: [("x-request-id", "abc-1.2_3")])
        #expect(kept.headers[.xRequestID] == "abc-1.2_3")
        #expect(kept.text.contains(#""request_id":"abc-1.2_3""#))
        let replaced = try await answer(.get, "/health", fields: [("X-Request-Id", "a b")])
        #expect(replaced.headers[.xRequestID] != "a b")
    }

    @Test func nothingMayBeStoredUnlessTheHandlerAllowsIt() async throws {
        #expect(try await answer(.get, "/v1/things/1").headers[.cacheControl] == "no-store")
        let cached = try await answer(.get, "/v1/cached")
        #expect(cached.headers[.cacheControl] == "public, max-age=5")
        #expect(String(decoding: cached.headers.bytes, as: UTF8.self).components("Cache-Control") == 1)
    }

    @Test func routesAnswerAndOtherPathsAreProblems() async throws {
        #expect(try await answer(.get, "/v1/things/a%2Fb").text == "\"a/b\"")
        let cases: [(HTTPRequest.Method, String, Int, String)] = [
            (.get, "/nowhere", 404, "not_found"), (.delete, "/health", 405, "method_not_allowed"),
            (.get, "/v1/things/%zz", 400, "malformed_path"), (.get, "/v1/query?q=%zz", 400, "malformed_query"),
            (.get, "/v1/fail/lower", 503, "unavailable"), (.get, "/v1/fail/stock", 409, "out_of_stock"),
            (.get, "/v1/fail/x", 500, "internal_error"), (.get, "/v1/fail/cancel", 500, "internal_error"),
        ]
        for (method, target, status, code) in cases {
            let response = try await answer(method, target)
            #expect(response.status.code == status, "\(target)")
            let body = try JSONValue.parse(response.body)
            #expect(body["code"]?.stringValue == code)
            #expect(body["status"]?.int64Value == Int64(status))
            #expect(response.headers[.contentType] == "application/problem+json")
        }
        #expect(try await answer(.get, "/v1/fail/lower").headers[.retryAfter] == "3")
        #expect(try await answer(.delete, "/health").headers[.allow] == "GET, HEAD, OPTIONS")
        #expect(try await answer(.options, "/health").status == .noContent)
        #expect(try await answer(.options, "/health").headers[.allow] == "GET, HEAD, OPTIONS")
        #expect(try await answer(.head, "/health").status == .ok)
    }

    @Test func anUnexpectedErrorIsLoggedAndNotShown() async throws {
        let journal = LogJournal()
        let response = try await answer(.get, "/v1/fail/x", journal: journal)
        #expect(!response.text.contains("hunter2"))
        let line = try #require(journal.lines.first { $0.level == .error })
        #expect(line.metadata["error"] == "password=hunter2")
        #expect(line.metadata["request_id"] == .string(response.headers[.xRequestID] ?? ""))
        #expect(line.metadata["route"] == "/v1/fail/{how}")
    }

    @Test func aBodyMustBeJSONWithItsContentType() async throws {
        let json = [("Content-Type", "Application/JSON; charset=utf-8")]
        let good = try await answer(.post, "/v1/echo", fields: json, body: #"{"a":[1.50,"x"]}"#)
        #expect(good.status == .created)
        #expect(good.text == #"{"a":[1.50,"x"]}"#)
        let deep = String(repeating: "[", count: 33) + String(repeating: "]", count: 33)
        let cases: [([(String, String)], String, Int, String)] = [
            (json, "", 400, "empty_body"), (json, "{", 400, "malformed_json"), (json, deep, 400, "malformed_json"),
            ([], "{}", 415, "unsupported_media_type"),
            ([("Content-Type", "text/plain")], "{}", 415, "unsupported_media_type"),
            ([("Content-Type", "application/jsonx")], "{}", 415, "unsupported_media_type"),
            (json + [("Content-Encoding", "gzip")], "{}", 415, "unsupported_media_type"),
            ([("Content-Type", "application/merge-patch+json")], "{}", 201, ""),
        ]
        for (fields, body, status, code) in cases {
            let response = try await answer(.post, "/v1/echo", fields: fields, body: body)
            #expect(response.status.code == status, "\(body)")
            if status >= 400 { #expect(try JSONValue.parse(response.body)["code"]?.stringValue == code) }
        }
        let where_ = try await answer(.post, "/v1/echo", fields: json, body: "[1,")
        #expect(try JSONValue.parse(where_.body)["offset"]?.int64Value == 3)
    }

    @Test func aRejectionByTheServerIsAProblem() async throws {
        let journal = LogJournal()
        let responses = try await onLoop { loop in
            let application = Self.application(journal)
            return [
                HTTPResponse.Status.badRequest, .requestTimeout, .contentTooLarge, .uriTooLong,
                .requestHeaderFieldsTooLarge, .notImplemented, .httpVersionNotSupported, .expectationFailed,
                .init(code: 426, reasonPhrase: "Upgrade Required"),
            ].map { application.reject(RejectedRequest(status: $0, reason: "why", received: 0, peer: "192.0.2.9")) }
                + [
                    application.reject(
                        RejectedRequest(
                            status: .notImplemented, reason: "why", cause: .transferCoding, received: 0, peer: "192.0.2.9"))
                ]
        }
        let codes = try responses.map { try JSONValue.parse($0.body)["code"]?.stringValue }
        #expect(
            codes == [
                "bad_request", "request_timeout", "body_too_large", "target_too_long", "header_too_large",
                "method_not_implemented", "version_not_supported", "expectation_failed", "upgrade_required",
                "transfer_coding_not_implemented",
            ])
        for response in responses {
            #expect(try JSONValue.parse(response.body)["detail"]?.stringValue == "why")
            #expect(try UUIDText.isVersion7(#require(response.headers[.xRequestID])))
            #expect(response.headers[.contentType] == "application/problem+json")
        }
        #expect(journal.records.map(\.status) == responses.map(\.status.code))
        #expect(journal.lines.allSatisfy { $0.metadata["reason"] == "why" })
    }

    @Test func aFloodOfClientErrorsIsCountedByClient() async throws {
        let journal = LogJournal()
        try await onLoop { loop in
            let application = Self.application(journal, settings: ApplicationSettings(loggedClientErrors: 10))
            for number in 0..<200 {
                for target in ["/none", "/v1/things/\(number)"] {
                    _ = await application.respond(to: Request(.get, target, on: loop))
                }
            }
        }
        let statuses = journal.records.map(\.status)
        #expect(statuses.count { $0 == 404 } == 10 && statuses.count { $0 == 200 } == 200)
    }

    @Test func theNumberOfResponsesWithoutALineIsLogged() async throws {
        let journal = LogJournal()
        let written = try await onLoop { loop in
            let log = ClientErrorLog(logger: journal.logger, most: 3)
            var written: [String: Int] = [:]
            for (client, count) in [("a", 10), ("b", 3), ("c", 4)] {
                for _ in 0..<count where log.takes(client, on: loop) { written[client, default: 0] += 1 }
            }
            log.endWindow()
            // In a new window each client has its lines again.
            for _ in 0..<5 where log.takes("a", on: loop) { written["a", default: 0] += 1 }
            // Any number of clients takes bounded memory: clients beyond the limit count as one.
            for number in 0..<5_000 { _ = log.takes("client \(number)", on: loop) }
            log.endWindow()
            return written
        }
        #expect(written == ["a": 6, "b": 3, "c": 3])
        let told = journal.lines.map { "\($0.metadata["client"] ?? "") \($0.metadata["unlogged"] ?? "")" }
        #expect(told == ["a 7", "c 1", "others \(5_000 - 4_095 - 3)", "a 2"])
    }

    @Test func healthChecksAreLoggedQuietly() async throws {
        let journal = LogJournal()
        _ = try await answer(.get, "/health", journal: journal)
        _ = try await answer(.get, "/v1/things/1", journal: journal)
        #expect(journal.lines.map(\.level) == [.debug, .info])
    }

    @Test func aResponseIsLoggedWithItsRouteAndWithoutItsQuery() async throws {
        let journal = LogJournal()
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let fields = [("traceparent", trace), ("X-Request-Id", "r-9")]
        let response = try await answer(.get, "/v1/things/7?ticket=secret", fields: fields, journal: journal)
        let record = try #require(journal.records.first)
        #expect(record.requestID == "r-9")
        #expect(record.traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(record.method == "GET")
        #expect(record.route == "/v1/things/{id}")
        #expect(record.path.elementsEqual("/v1/things/7".utf8))
        #expect(record.status == 200)
        #expect(record.bytes == response.body.count)
        #expect(record.clientIP == "192.0.2.1")
        #expect(record.duration >= 0)
        #expect(record.userID == nil)
    }

    /// Adds its name to responses. It refuses `/stop…` with 403, suspends `/wait…`, and responds to `/own…` itself.
    private struct Marker: Middleware {
        let name: String

        func before(_ context: RequestContext) throws -> MiddlewareResult {
            context.headers.append(.via, name)
            let path = String(decoding: context.request.path, as: UTF8.self)
            guard path.hasSuffix(name) else { return .next }
            if path.hasPrefix("/stop") { throw Problem(.forbidden) }
            if path.hasPrefix("/own") { return .respond(Response(.accepted)) }
            guard path.hasPrefix("/wait") else { return .next }
            return .suspend {
                await Task.yield()
                context.headers.append(.via, "waited")
                if path.hasPrefix("/wait-stop") { throw Problem(.forbidden) }
                return path.hasPrefix("/wait-own") ? Response(.accepted) : nil
            }
        }
    }

    @Test(
        arguments: [
            ("/now", 200, "abc", false), ("/later", 200, "abc", true), ("/stop-b", 403, "ab", false),
            ("/own-b", 202, "ab", false),
            ("/nowhere", 404, "abc", false), ("/wait-b", 404, "ab+c", true), ("/wait/b", 200, "ab+c", true),
            ("/wait/c", 200, "abc+", true),
            ("/wait-stop-b", 403, "ab+", true), ("/wait-own-b", 202, "ab+", true), ("/wait-own-c", 202, "abc+", true),
            ("/fail", 409, "abc", false), ("/fail-later", 409, "abc", true),
        ] as [(String, Int, String, Bool)])
    func middlewaresRunInOrderForImmediateAndDeferredResponses(
        path: String, status: Int, marks: String, isLater: Bool
    ) async throws {
        let journal = LogJournal()
        let (response, wasLater) = try await onLoop { loop in
            let router = Router()
            router.cached("/now") { _ in .immediate(.json { $0.int(1) }) }
            router.cached("/later") { _ in .deferred { _ in .json { $0.int(1) } } }
            router.cached("/wait/{name}") { _ in .immediate(.json { $0.int(2) }) }
            router.cached("/fail") { _ in throw OutOfStock() }
            router.cached("/fail-later") { _ in .deferred { _ in throw OutOfStock() } }
            let application = Application(
                router: router, middlewares: ["a", "b", "c"].map { Marker(name: $0) }, logger: journal.logger)
            switch application.begin(Request(.get, path, on: loop)) {
            case .immediate(let response): return (response, false)
            case .deferred(let answer): return (await answer(), true)
            }
        }
        #expect(response.status.code == status)
        #expect(wasLater == isLater)
        let via = String(decoding: response.headers.bytes, as: UTF8.self).split(separator: "\r\n").filter {
            $0.hasPrefix("Via: ")
        }
        #expect(via.map { $0.dropFirst(5) == "waited" ? "+" : String($0.dropFirst(5)) }.joined() == marks)
        // Headers and log lines of all responses.
        #expect(response.headers[.xContentTypeOptions] == "nosniff" && response.headers[.cacheControl] == "no-store")
        #expect(try UUIDText.isVersion7(#require(response.headers[.xRequestID])))
        let record = try #require(journal.records.first)
        #expect(journal.records.count == 1 && record.status == status && record.requestID == response.headers[.xRequestID])
    }

    @Test func theGateDoesNotBoundCachedRoutes() async throws {
        let codes = try await onLoop { loop in
            var settings = AdmissionSettings()
            (settings.minimum, settings.maximum, settings.initial, settings.queueLength) = (1, 1, 1, 0)
            let gate = AdmissionGate(loop: loop, settings: settings, metrics: NOOPMetricsHandler.instance)
            let end = Promise<Void>(on: loop)
            let router = Router(gate: gate, metrics: NOOPMetricsHandler.instance)
            let work = gate.work()
            router.cached("/thing") { context in
                if context.request.query == nil { return .immediate(.noContent) }
                return .deferred { context in
                    try await gate.admit(context, to: work) { try await end.value() }
                    return .noContent
                }
            }
            let application = Application(router: router, logger: LogJournal().logger)
            let first = Promise<Int>(on: loop)
            loop.run { first.succeed(await application.respond(to: Request(.get, "/thing?slow", on: loop)).status.code) }
            var codes = [await application.respond(to: Request(.get, "/thing?slow", on: loop)).status.code]
            for _ in 0..<3 { codes.append(await application.respond(to: Request(.get, "/thing", on: loop)).status.code) }
            end.succeed(())
            codes.append(try await first.value())
            return codes
        }
        #expect(codes == [503, 204, 204, 204, 204])
    }

    @Test func aCachedRouteIsNotBegunAfterTheDeadline() async throws {
        let response = try await onLoop { loop in
            let router = Router()
            router.cached("/now") { _ in .immediate(.noContent) }
            let application = Application(router: router, logger: LogJournal().logger)
            return await application.respond(to: Request(.get, "/now", received: loop.now - 31_000_000_000, on: loop))
        }
        #expect(response.status == .serviceUnavailable)
    }

    @Test func theDeadlineOfTheRouteReachesTheHandler() async throws {
        #expect(try await answer(.get, "/v1/deadline").text == "true")
    }

    @Test func aRequestIsNotBegunAfterTheDeadline() async throws {
        let response = try await onLoop { loop in
            let request = Request(.get, "/health", received: loop.now - 31_000_000_000, on: loop)
            return await Self.application(LogJournal()).respond(to: request)
        }
        #expect(response.status == .serviceUnavailable)
        #expect(response.text.contains("deadline_exceeded"))
    }

    @Test func aFailureAfterTheDeadlineBecomesThatOfTheDeadline() async throws {
        let codes = try await onLoop { loop in
            let settings = ApplicationSettings(requestDeadline: .milliseconds(20))
            let router = Router()
            router.get("/late") { _ in
                try await loop.sleep(for: .milliseconds(60))
                throw Unforeseen()
            }
            router.get("/late-conflict") { _ in
                try await loop.sleep(for: .milliseconds(60))
                throw OutOfStock()
            }
            router.get("/late-answer") { _ in
                try await loop.sleep(for: .milliseconds(60))
                return .noContent
            }
            let application = Application(router: router, settings: settings, logger: LogJournal().logger)
            var codes: [Int] = []
            for target in ["/late", "/late-conflict", "/late-answer"] {
                codes.append(await application.respond(to: Request(.get, target, on: loop)).status.code)
            }
            return codes
        }
        #expect(codes == [503, 409, 204])
    }

    @Test func theClientsAddressComesFromTrustedProxies() async throws {
        let journal = LogJournal()
        try await onLoop { loop in
            let proxies = try #require(TrustedProxies(["10.0.0.0/8"]))
            let application = Self.application(journal, settings: ApplicationSettings(trustedProxies: proxies))
            let forwarded = [("X-Forwarded-For", "6.6.6.6, 203.0.113.7")]
            _ = await application.respond(to: Request(.get, "/health", fields: forwarded, peer: "10.1.1.1", on: loop))
            _ = await application.respond(to: Request(.get, "/health", fields: forwarded, peer: "198.51.100.1", on: loop))
        }
        #expect(journal.records.map(\.clientIP) == ["203.0.113.7", "198.51.100.1"])
    }

    @Test func aTrustedProxysReportOfTLSIsBelieved() async throws {
        let secret = "0123456789abcdefghijklmn"
        let https = ("X-Forwarded-Proto", "https"), right = ("X-Origin-Verify", secret), wrong = ("X-Origin-Verify", "x" + secret)
        let list = try #require(TrustedProxies(["10.0.0.0/8"]))
        let edge = TrustedProxies(blocks: [], hops: 2, edge: EdgeSecret(secret))
        for (proxies, peer, fields, isSecure) in [
            (list, "10.1.1.1", [https], true), (list, "198.51.100.1", [https], false), (list, "10.1.1.1", [], false),
            (TrustedProxies(blocks: [], hops: 1), "198.51.100.1", [https], true), (edge, "198.51.100.1", [https, right], true),
            (edge, "198.51.100.1", [https, wrong], false), (edge, "198.51.100.1", [https], false),
            (.none, "10.1.1.1", [https], false),
        ] {
            let response = try await onLoop { loop in
                let settings = ApplicationSettings(trustedProxies: proxies, strictTransport: .seconds(60))
                let application = Self.application(LogJournal(), settings: settings)
                return await application.respond(to: Request(.get, "/health", fields: fields, peer: peer, on: loop))
            }
            #expect((response.headers[.strictTransportSecurity] != nil) == isSecure, "\(peer) \(fields)")
        }
    }

    @Test func aProxyWithTheRequestsOfAllClientsIsLogged() async throws {
        for (trusted, isTold) in [(["10.0.0.0/8"], true), ([], false)] {
            let journal = LogJournal()
            try await onLoop { loop in
                var settings = ApplicationSettings(trustedProxies: try #require(TrustedProxies(trusted)))
                // Each request ends the previous window.
                settings.concentration = ClientConcentration(interval: 1, window: .zero, least: 1)
                let application = Self.application(journal, settings: settings)
                for path in ["/v1/things/1", "/health", "/v1/things/1"] {
                    _ = await application.respond(
                        to: Request(.get, path, fields: [("X-Forwarded-For", "203.0.113.7")], peer: "10.1.1.1", on: loop))
                }
            }
            let warnings = journal.lines.filter { $0.level == .warning }
            #expect(warnings.map { $0.metadata["commonest"] } == (isTold ? ["203.0.113.7"] : []))
        }
    }

    @Test func theWorkOfAClientThatHasGoneIsLoggedAsSuch() async throws {
        let response = try await onLoop { loop in
            let router = Router()
            router.get("/wait") { _ in
                try await loop.sleep(for: .seconds(600))
                return .noContent
            }
            let application = Application(router: router, logger: LogJournal().logger)
            let promise = Promise<Response>(on: loop)
            let task = loop.run { promise.succeed(await application.respond(to: Request(.get, "/wait", on: loop))) }
            task.cancel()
            return try await promise.value()
        }
        #expect(response.status.code == 499)
    }
}
