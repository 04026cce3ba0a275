// swift-tools-version: 6.3
import PackageDescription

let swift: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    // An async function runs where its caller runs: inside a loop nothing hops between executors.
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

// Three floors. A target imports targets of its own floor and of those below, never of one above.

/// What any Swift service could use.
func platform(_ name: String, _ dependencies: [Target.Dependency], embedded: [String] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/Platform/\(name)", exclude: embedded, swiftSettings: swift)
}

/// What makes it a shop: a target for each feature, with its model, rules, store, routes and API document.
func shop(_ name: String, _ dependencies: [Target.Dependency], embedded: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Shop/\(name)", exclude: embedded, swiftSettings: swift)
}

/// The program: configuration, composition, commands, and what works on the database as a whole.
func app(_ name: String, _ dependencies: [Target.Dependency], embedded: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/App/\(name)", exclude: embedded, swiftSettings: swift)
}

/// C that embeds files of its floor's other targets (`embedded` there) in the program.
func embedding(_ name: String, _ floor: String) -> Target { .target(name: name, path: "Sources/\(floor)/\(name)") }

/// A program that only tests and benchmarks use.
func tool(_ name: String, _ path: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: path, swiftSettings: swift,
        // As the service.
        linkerSettings: [.linkedLibrary("jemalloc")])
}

/// The tests of a target, which stand where it stands: Tests/Shop/CartTests for Sources/Shop/Cart.
func tests(_ floor: String, _ target: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: target + "Tests", dependencies: [.byName(name: target), "TestSupport"] + dependencies,
        path: "Tests/\(floor)/\(target)Tests", swiftSettings: swift)
}

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")

let package = Package(
    name: "commerce",
    products: [.executable(name: "commerce", targets: ["CommerceCLI"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
    ],
    targets: [
        // --- Platform ---------------------------------------------------------------------------------------------------
        // C below everything: system calls that Swift cannot make itself, and the system's libraries.
        .target(name: "CSystem", path: "Sources/Platform/CSystem"),
        .systemLibrary(
            name: "CLibPQ", path: "Sources/Platform/CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CHiredis", path: "Sources/Platform/CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(
            name: "CZLib", path: "Sources/Platform/CZLib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CCurl", path: "Sources/Platform/CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "COpenSSL", path: "Sources/Platform/COpenSSL", providers: [.apt(["libssl-dev"])]),

        platform("EventLoop", ["CSystem", heap]),
        platform("Formats", []),
        platform("Compression", ["CZLib"]),
        // The values of metrics, and the text that Prometheus reads.
        platform("Prometheus", [metrics]),
        platform("Observability", ["Formats", logging]),
        // Encrypted connections of servers and clients.
        platform("TLS", ["CSystem", "COpenSSL"]),
        // Signed tokens (RFC 7519), and the keys that they are verified with.
        platform("JWT", ["Formats", "COpenSSL"]),
        // Access tokens of other issuers (OpenID Connect), with the keys that they publish.
        platform("OpenIDConnect", ["JWT", "HTTPClient", "EventLoop", "Formats", "CSystem", logging, metrics]),
        // Hashes of passwords, made on threads of their own.
        platform("Passwords", ["COpenSSL", "EventLoop", "Formats", metrics]),
        platform("HTTPServer", ["EventLoop", "TLS", "Formats", "CSystem", "COpenSSL", httpTypes, metrics, deque, logging]),
        platform("PostgresClient", ["EventLoop", "Formats", "CLibPQ", "CSystem", logging, metrics, deque]),
        platform("RedisClient", ["EventLoop", "TLS", "Formats", "CSystem", "CHiredis", logging, metrics, deque]),
        // Requests to other services, on the event loop, and mail, on threads of its own, by libcurl.
        platform("HTTPClient", ["CCurl", "EventLoop", "Formats", "CSystem", logging, metrics, deque]),
        platform("SMTPClient", ["CCurl", "HTTPClient", "EventLoop", "Formats", "CSystem", logging, metrics]),
        // Credentials of a task, and signed requests to AWS.
        platform("AWS", ["HTTPClient", "EventLoop", "Formats", logging]),
        // Routing, middlewares, problem details, caching, overload protection.
        platform(
            "Web",
            [
                "EventLoop", "HTTPServer", "Observability", "Formats", "Compression", "CSystem", "COpenSSL", httpTypes, logging,
                metrics,
            ]),
        // The API document, and the pages that show it.
        embedding("COpenAPI", "Platform"),
        platform(
            "OpenAPI", ["COpenAPI", "Web", "HTTPServer", "Formats", "Compression", httpTypes],
            embedded: [
                "Document/problems.openapi.json", "Document/headers.openapi.json", "Docs/docs.openapi.json", "Docs/docs.css",
                "Docs/home.css",
            ]),

        // --- Shop -------------------------------------------------------------------------------------------------------
        // Which parts an address needs in each country: a text file that the C compiler embeds.
        .target(
            name: "CAddressMetadata", path: "Sources/Shop/CAddressMetadata", exclude: ["LICENSE", "requirements.txt"]),
        // The most common passwords: a text file that the C compiler embeds.
        .target(
            name: "CCommonPasswords", path: "Sources/Shop/CCommonPasswords", exclude: ["LICENSE", "passwords.txt"]),
        // What the features say about themselves in the API document.
        embedding("CShopAPI", "Shop"),
        shop("Money", ["CShopAPI", "OpenAPI", "Web", "Formats"], embedded: ["money.openapi.json"]),
        // The outbox, and the relay that delivers its events.
        shop(
            "Events",
            [
                "OpenAPI", "Web", "Compression", "PostgresClient", "RedisClient", "Formats", "EventLoop", "CSystem", logging,
                metrics, deque,
            ]),
        shop(
            "Webhooks", ["CShopAPI", "Events", "HTTPClient", "OpenAPI", "Web", "PostgresClient", "Formats"],
            embedded: ["webhooks.openapi.json"]),
        // Events for Amazon SNS, SQS and EventBridge.
        shop("CloudTargets", ["Events", "AWS", "HTTPClient", "Formats", "EventLoop", logging, metrics]),
        shop(
            "Inventory", ["CShopAPI", "Events", "Money", "OpenAPI", "PostgresClient", "Formats"],
            embedded: ["inventory.openapi.json"]),
        shop(
            "Catalog",
            [
                "CShopAPI", "Money", "Events", "Inventory", "OpenAPI", "Web", "HTTPServer", "PostgresClient", "RedisClient",
                "Formats",
                "Compression",
                "EventLoop", httpTypes, logging, metrics,
            ],
            embedded: ["catalog.openapi.json"]),
        shop(
            "Cart",
            [
                "CShopAPI", "Money", "Inventory", "OpenAPI", "Web", "HTTPServer", "PostgresClient", "RedisClient", "Formats",
                "EventLoop", httpTypes, logging, metrics,
            ],
            embedded: ["cart.openapi.json", "Live/cart-live.openapi.json"]),
        shop(
            "Orders",
            [
                "CAddressMetadata", "CShopAPI", "Money", "Events", "Inventory", "Cart", "OpenAPI", "Web", "HTTPServer",
                "PostgresClient", "Formats", "EventLoop", httpTypes, logging, metrics, deque,
            ],
            embedded: ["orders.openapi.json"]),
        // People with an account: customers and the shop's staff, their sessions and addresses.
        shop(
            "Accounts",
            [
                "CCommonPasswords", "CShopAPI", "Events", "Cart", "Orders", "Passwords", "JWT", "OpenIDConnect", "HTTPClient",
                "OpenAPI",
                "Web",
                "HTTPServer", "PostgresClient", "Formats", "EventLoop", httpTypes, logging, metrics,
            ],
            embedded: ["accounts.openapi.json"]),
        // What else a shopper may want: from what is bought together.
        shop(
            "Recommendations",
            ["CShopAPI", "Catalog", "Inventory", "OpenAPI", "Web", "HTTPServer", "PostgresClient", "Formats"],
            embedded: ["recommendations.openapi.json"]),
        // Mails about orders and accounts.
        shop(
            "Notifications",
            [
                "CShopAPI", "Events", "Accounts", "Orders", "Money", "SMTPClient", "OpenAPI", "Web", "HTTPServer",
                "PostgresClient",
                "Formats", "Compression", "EventLoop", httpTypes, logging,
            ],
            embedded: ["Templates", "Pages/Files"]),

        // --- App --------------------------------------------------------------------------------------------------------
        app(
            "Configuration",
            [
                "Catalog", "Cart", "Orders", "Events", "Inventory", "Webhooks", "Notifications", "CloudTargets",
                "Recommendations", "Accounts", "Passwords",
                "Money", "JWT", "OpenIDConnect",
                "Web",
                "HTTPServer",
                "HTTPClient", "SMTPClient", "AWS", "TLS", "PostgresClient", "RedisClient", "Observability",
                "Formats", "Compression", "EventLoop", logging,
            ]),
        app("Migrations", ["Configuration", "Web", "PostgresClient", "Formats"]),
        app("CatalogImport", ["Money", "Events", "Inventory", "Catalog", "PostgresClient", "Formats"]),
        app("DataGenerator", ["CatalogImport", "Orders", "PostgresClient", "Formats"]),
        app("Audit", ["Orders", "PostgresClient"]),
        embedding("CServiceAPI", "App"),
        app(
            "Service",
            [
                "CServiceAPI", "Configuration", "Migrations", "Accounts", "OpenIDConnect", "Passwords", "Catalog", "Inventory",
                "Cart", "Orders",
                "Events", "Webhooks",
                "Recommendations", "Notifications", "CloudTargets", "Money", "OpenAPI", "Web", "HTTPServer", "HTTPClient",
                "SMTPClient", "AWS",
                "TLS",
                "PostgresClient", "RedisClient", "Observability", "Prometheus", "Formats", "Compression", "EventLoop", "CSystem",
                httpTypes, logging, metrics,
            ],
            embedded: ["service.openapi.json", "introduction.md"]),
        .executableTarget(
            name: "CommerceCLI",
            dependencies: [
                "Service", "Configuration", "Migrations", "CatalogImport", "DataGenerator", "Audit", "Events", "Webhooks",
                "HTTPClient", "JWT", "Accounts", "Passwords",
                "Orders",
                "PostgresClient", "Formats", "CSystem", argumentParser, logging,
            ],
            path: "Sources/App/CommerceCLI",
            swiftSettings: swift,
            // By its mere presence: it takes malloc's place in the process.
            linkerSettings: [.linkedLibrary("jemalloc")]),

        // --- Tests ------------------------------------------------------------------------------------------------------
        // What the tests of several targets share: real servers, a client on a raw socket.
        .target(name: "TestSupport", dependencies: ["CSystem", "COpenSSL"], path: "Tests/TestSupport", swiftSettings: swift),
        .testTarget(name: "TestSupportTests", dependencies: ["TestSupport"], swiftSettings: swift),

        tests("Platform", "EventLoop", ["CSystem"]),
        tests("Platform", "Formats"),
        tests("Platform", "Compression", ["CZLib"]),
        tests("Platform", "Prometheus", [metrics]),
        tests("Platform", "Observability", ["Formats", logging]),
        tests("Platform", "TLS"),
        tests("Platform", "Passwords", ["EventLoop", metrics]),
        tests("Platform", "JWT", ["COpenSSL", "Formats"]),
        tests("Platform", "OpenIDConnect", ["EventLoop", "Formats", "HTTPClient", "JWT", logging]),
        tests("Platform", "HTTPServer", ["TLS", "CSystem", "EventLoop", "Prometheus", httpTypes, logging]),
        tests("Platform", "PostgresClient", ["EventLoop", "Formats", logging]),
        tests("Platform", "RedisClient", ["CSystem", "EventLoop", logging]),
        tests("Platform", "HTTPClient", ["CCurl", "CSystem", "EventLoop", "Formats", logging]),
        tests("Platform", "SMTPClient", ["EventLoop", "Formats", logging]),
        tests("Platform", "AWS", ["HTTPClient", "EventLoop", "Formats", logging]),
        // Requests and loggers for handlers without a socket.
        .target(
            name: "WebTestSupport",
            dependencies: ["Web", "HTTPServer", "EventLoop", "Observability", "CSystem", httpTypes, logging],
            path: "Tests/Platform/WebTestSupport", swiftSettings: swift),
        tests(
            "Platform", "Web",
            ["Compression", "EventLoop", "Formats", "HTTPServer", "Prometheus", "WebTestSupport", httpTypes, logging, metrics]),
        tests("Platform", "OpenAPI", ["Compression", "Formats", "HTTPServer", "Web", "WebTestSupport", httpTypes]),

        // A database with the schema of the shop.
        .target(
            name: "ShopTestSupport",
            dependencies: [
                "TestSupport", "CatalogImport", "Configuration", "Migrations", "PostgresClient", "EventLoop", logging,
            ],
            path: "Tests/Shop/ShopTestSupport", swiftSettings: swift),
        tests("Shop", "Money", ["Formats"]),
        tests("Shop", "Accounts", ["CCommonPasswords", "Cart", "Formats", "JWT", "OpenIDConnect", "Web"]),
        tests("Shop", "Inventory"),
        tests("Shop", "Events", ["EventLoop", "Formats", "PostgresClient", "ShopTestSupport", "Web", logging]),
        tests(
            "Shop", "Webhooks",
            ["Events", "EventLoop", "Formats", "HTTPClient", "PostgresClient", "ShopTestSupport", "Web", logging]),
        tests("Shop", "CloudTargets", ["AWS", "Events", "EventLoop", "Formats", "HTTPClient", logging]),
        tests(
            "Shop", "Notifications",
            [
                "Accounts", "Events", "EventLoop", "Formats", "HTTPServer", "Money", "Orders", "PostgresClient",
                "ShopTestSupport",
                "SMTPClient", "Web",
                logging,
            ]),
        tests(
            "Shop", "Catalog",
            [
                "CSystem", "Compression", "EventLoop", "Formats", "HTTPServer", "Inventory", "RedisClient", "Web", httpTypes,
                logging,
            ]),
        tests("Shop", "Cart", ["EventLoop", "Formats", "Web"]),
        tests("Shop", "Recommendations", ["Audit", "EventLoop", "Formats", "PostgresClient", "ShopTestSupport", "Web"]),
        tests(
            "Shop", "Orders",
            ["Audit", "Cart", "EventLoop", "Formats", "Inventory", "Money", "PostgresClient", "ShopTestSupport", "Web", logging]),

        tests("App", "Configuration", ["Accounts", "Formats", "HTTPServer", "Orders", "PostgresClient", "RedisClient", "Web"]),
        tests("App", "Migrations", ["Configuration", "Formats", "PostgresClient"]),
        tests("App", "CatalogImport", ["Formats", "Migrations", "PostgresClient", "ShopTestSupport"]),
        tests("App", "DataGenerator", ["Audit", "CatalogImport", "Formats", "Orders", "PostgresClient", "ShopTestSupport"]),
        tests(
            "App", "Service",
            [
                "Accounts", "Audit", "Cart", "Catalog", "CatalogImport", "Configuration", "DataGenerator", "EventLoop", "Events",
                "Formats", "HTTPServer", "Inventory", "JWT", "Migrations", "Money", "OpenAPI", "Orders", "Passwords",
                "PostgresClient", "Prometheus",
                "Recommendations", "RedisClient", "ShopTestSupport", "Web", httpTypes, logging, metrics,
            ]),
        tests("App", "CommerceCLI", ["CSystem", "Service"]),

        // --- Tools of tests and benchmarks ------------------------------------------------------------------------------
        // The bare server, for suites of HTTP tests; run by ./dev echo.
        tool("echo", "Tests/Echo", ["HTTPServer", "EventLoop", httpTypes, logging]),
        // What an event loop costs compared with other ways to watch sockets; run by ./dev bench.
        tool(
            "loop-benchmark", "Tests/Bench/LoopBenchmark",
            ["Web", "HTTPServer", "Observability", "EventLoop", "CSystem", logging]),
        // What verifying a token costs; run by ./dev bench.
        tool(
            "token-benchmark", "Tests/Bench/TokenBenchmark",
            ["Accounts", "JWT", "OpenIDConnect", "Web", "EventLoop", "Formats", logging]),
        // What the cache of the catalogue keeps, compared with simpler ones: swift run -c release cache-benchmark. Its files
        // are links: the cache is generic, and fast only if it is compiled together with its user.
        tool("cache-benchmark", "Tests/Bench/CacheBenchmark", []),
        // An open-loop load; run by ./dev reliability.
        tool("open-load", "Tests/Bench/OpenLoad", ["EventLoop", "CSystem"]),
        // Everything that reads bytes from outside, under damaged input; run by ./dev fuzz, the corpus also by the tests.
        .target(
            name: "Fuzzing", dependencies: ["HTTPServer", "CatalogImport", "Money", "Formats", "TestSupport"],
            path: "Tests/Fuzz/Fuzzing",
            swiftSettings: swift),
        tool("fuzz", "Tests/Fuzz/Program", ["Fuzzing"]),
        .testTarget(
            name: "FuzzingTests", dependencies: ["Fuzzing", "TestSupport"], path: "Tests/Fuzz/FuzzingTests", swiftSettings: swift),
    ]
)
