// swift-tools-version: 6.2
import PackageDescription

let swift: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    // An async function runs where its caller runs: inside a loop nothing hops between executors.
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "commerce",
    products: [.executable(name: "commerce", targets: ["Program"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
    ],
    targets: [
        // C below everything: system calls that Swift cannot make itself, and the system's libraries.
        .target(name: "CSystem"),
        // Which parts an address needs in each country: a text file that the C compiler embeds.
        .target(name: "CAddressMetadata", exclude: ["LICENSE", "requirements.txt"]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CZLib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),

        .target(
            name: "EventLoop",
            dependencies: ["CSystem", .product(name: "HeapModule", package: "swift-collections")],
            swiftSettings: swift),
        .target(name: "Formats", swiftSettings: swift),
        .target(name: "Compression", dependencies: ["CZLib"], swiftSettings: swift),

        // The metrics' values, and how Prometheus reads them.
        .target(
            name: "Prometheus", dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")], swiftSettings: swift),
        .target(
            name: "Observability",
            dependencies: ["Formats", .product(name: "Logging", package: "swift-log")],
            swiftSettings: swift),
        .target(
            name: "HTTPServer",
            dependencies: [
                "EventLoop", "Formats", "CSystem", "COpenSSL", .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swift),
        .target(
            name: "PostgresClient",
            dependencies: [
                "EventLoop", "Formats", "CLibPQ", .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: swift),
        .target(
            name: "RedisClient",
            dependencies: [
                "EventLoop", "Formats", "CSystem", "CHiredis", "COpenSSL", .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: swift),

        .target(
            name: "Web",
            dependencies: [
                "EventLoop", "HTTPServer", "Observability", "Formats", "Compression", "CSystem", "COpenSSL",
                .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: swift),
        .target(
            name: "Commerce",
            dependencies: [
                "Web", "PostgresClient", "RedisClient", "Observability", "Prometheus", "Formats", "Compression", "EventLoop",
                "CAddressMetadata", .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: swift),
        .executableTarget(
            name: "Program",
            dependencies: [
                "Commerce", "CSystem", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swift,
            // By its mere presence: it takes malloc's place in the process.
            linkerSettings: [.linkedLibrary("jemalloc")]),

        // What the event loop costs beside other ways to watch sockets; run by ./dev bench.
        .executableTarget(
            name: "loop-benchmark",
            dependencies: [
                "Web", "HTTPServer", "Observability", "EventLoop", "CSystem", .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/Bench/LoopBenchmark",
            swiftSettings: swift,
            // As the service.
            linkerSettings: [.linkedLibrary("jemalloc")]),

        // What the catalogue's cache keeps, beside simpler ones: swift run -c release cache-benchmark. Its files are links: the
        // cache is generic, and fast only where it is compiled with who uses it.
        .executableTarget(name: "cache-benchmark", path: "Tests/Bench/CacheBenchmark", swiftSettings: swift),

        // An open-loop load; run by ./dev reliability.
        .executableTarget(
            name: "open-load", dependencies: ["EventLoop", "CSystem"], path: "Tests/Bench/OpenLoad", swiftSettings: swift),

        // The bare server, for suites of HTTP tests; run by ./dev echo.
        .executableTarget(
            name: "echo",
            dependencies: [
                "HTTPServer", "EventLoop", .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/Echo", swiftSettings: swift),

        // What reads bytes from outside, under damaged input; run by ./dev fuzz, the corpus also by the tests.
        .target(
            name: "Fuzzing", dependencies: ["HTTPServer", "Commerce", "Formats", "TestSupport"], path: "Tests/Fuzz/Fuzzing",
            swiftSettings: swift),
        .executableTarget(name: "fuzz", dependencies: ["Fuzzing"], path: "Tests/Fuzz/Program", swiftSettings: swift),

        // What the tests of several targets share: real servers, a client on a raw socket.
        .target(name: "TestSupport", dependencies: ["CSystem", "COpenSSL"], path: "Tests/TestSupport", swiftSettings: swift),
        .testTarget(name: "TestSupportTests", dependencies: ["TestSupport"], swiftSettings: swift),
        .testTarget(name: "FuzzingTests", dependencies: ["Fuzzing", "TestSupport"], swiftSettings: swift),
        .testTarget(name: "EventLoopTests", dependencies: ["EventLoop", "CSystem"], swiftSettings: swift),
        .testTarget(name: "FormatsTests", dependencies: ["Formats"], swiftSettings: swift),
        .testTarget(name: "CompressionTests", dependencies: ["Compression", "CZLib", "TestSupport"], swiftSettings: swift),
        .testTarget(name: "ObservabilityTests", dependencies: ["Observability"], swiftSettings: swift),
        .testTarget(
            name: "PrometheusTests",
            dependencies: ["Prometheus", .product(name: "CoreMetrics", package: "swift-metrics")], swiftSettings: swift),
        .testTarget(name: "HTTPServerTests", dependencies: ["HTTPServer", "Prometheus", "TestSupport"], swiftSettings: swift),
        .testTarget(name: "PostgresClientTests", dependencies: ["PostgresClient", "TestSupport"], swiftSettings: swift),
        .testTarget(name: "RedisClientTests", dependencies: ["RedisClient", "TestSupport"], swiftSettings: swift),
        .testTarget(name: "WebTests", dependencies: ["Web", "Prometheus", "TestSupport"], swiftSettings: swift),
        .testTarget(name: "CommerceTests", dependencies: ["Commerce", "TestSupport"], swiftSettings: swift),
        .testTarget(name: "ProgramTests", dependencies: ["Commerce", "TestSupport"], swiftSettings: swift),
    ]
)
