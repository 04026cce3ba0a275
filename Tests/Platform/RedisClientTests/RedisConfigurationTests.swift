import Testing

@testable import RedisClient

@Suite struct RedisConfigurationTests {
    private func parsed(_ url: String) throws(RedisConfigurationError) -> RedisConfiguration { try RedisConfiguration(url: url) }

    @Test func aURLIsReadIntoItsParts() throws {
        var configuration = try parsed("redis://cache")
        #expect(configuration == RedisConfiguration(host: "cache"))
        #expect(configuration.port == 6379 && configuration.tls == nil && configuration.database == 0)

        configuration = try parsed("REDISS://us%3Aer:p%40ss%2F%C3%BC@cache.example:6380/15")
        #expect(configuration.host == "cache.example" && configuration.port == 6380 && configuration.database == 15)
        #expect(configuration.user == "us:er" && configuration.password == "p@ss/ü")
        #expect(configuration.tls == RedisTLSOptions())
        #expect(configuration.tls?.verifies == true)

        configuration = try parsed("redis://:a:b@c@[::1]:7/")
        #expect(configuration.host == "::1" && configuration.port == 7)
        #expect(configuration.user == nil && configuration.password == "a:b@c")
        #expect(try parsed("redis://[fe80::1]").host == "fe80::1")
        #expect(try parsed("redis://:@cache").password == nil)
    }

    @Test func invalidURLsAreRefusedInOneLineWithoutTheSecret() {
        let refused = [
            "", "cache", "cache:6379", "http://cache", "redis://", "redis://:6379", "redis://cache:", "redis://cache:0",
            "redis://cache:65536", "redis://cache:-1", "redis://cache:6379x", "redis://cache/x", "redis://cache/-1",
            "redis://cache/99999999999999999999", "redis://cache/1/2", "redis://[::1", "redis://[::1]x", "redis://[]",
            "redis://user@cache", "redis://user:@cache", "redis://:hunter2%@cache", "redis://:hunter2%zz@cache",
            "redis://:hunter2%ff@cache", "redis://:hunter2@cache:x", "redis://:hunter2@cache/x", "redis://:hunter2#x@cache",
            "redis://:hunter2?@cache", "redis://ca che", "redis://cache\u{7f}", "redis://cäche", "redis://cache?db=1",
            "redis://u:hunter2/x@cache", "redis:///0", "://", "redis://::1",
        ]
        for url in refused {
            let error = #expect(throws: RedisConfigurationError.self, "\(url)") { try parsed(url) }
            #expect(error?.setting == "REDIS_URL")
            #expect(error?.description.contains("\n") == false)
            #expect(error?.description.contains("hunter2") == false)
        }
    }

    @Test func randomURLsDoNotTrap() {
        let alphabet = Array("redis://:@[]%/?#0123456789abcü \u{0}\u{301}")
        for seed in 0..<20_000 {
            var chance = SeededRandom(state: UInt64(seed))
            let text = String(
                (0..<Int.random(in: 0...30, using: &chance)).compactMap { _ in alphabet.randomElement(using: &chance) })
            for url in [text, "redis://" + text] {
                if let configuration = try? parsed(url) { #expect(!configuration.host.isEmpty) }
            }
        }
    }

    @Test func noDescriptionShowsThePassword() throws {
        let configuration = try parsed("rediss://app:hunter2@cache:6380/2")
        #expect(configuration.description == "rediss://app:***@cache:6380/2")
        var dumped = ""
        dump(configuration, to: &dumped)
        struct Holder { let configuration: RedisConfiguration }
        dump(Holder(configuration: configuration), to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), "\(Holder(configuration: configuration))", dumped] {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("cache"))
        }
        #expect(RedisConfiguration(host: "::1").description == "redis://[::1]:6379/0")
    }

    @Test func theEnvironmentGivesAURLOrParts() throws {
        #expect(try RedisConfiguration.fromEnvironment([:]) == nil)
        #expect(try RedisConfiguration.fromEnvironment(["REDIS_URL": "", "REDIS_HOST": ""]) == nil)
        #expect(try RedisConfiguration.fromEnvironment(["REDIS_URL": "redis://a:1"]) == parsed("redis://a:1"))
        #expect(
            try RedisConfiguration.fromEnvironment(["REDIS_URL": "redis://a:1", "REDIS_PASSWORD": "x y"])?.password == "x y")
        #expect(
            try RedisConfiguration.fromEnvironment(["REDIS_URL": "redis://:p@a", "REDIS_PASSWORD": "q"])?.password == "p")
        let configuration = try RedisConfiguration.fromEnvironment([
            "REDIS_HOST": "cache", "REDIS_PORT": "6380", "REDIS_USER": "app", "REDIS_PASSWORD": "p%40", "REDIS_TLS": "true",
            "REDIS_DB": "4", "REDIS_CA_FILE": "/ca.pem", "REDIS_TLS_SERVER_NAME": "name", "REDIS_TLS_VERIFY": "off",
            "REDIS_CONNECT_TIMEOUT_MS": "700", "REDIS_COMMAND_TIMEOUT_MS": "30",
        ])
        #expect(configuration?.description == "rediss://app:***@cache:6380/4")
        #expect(configuration?.password == "p%40")
        #expect(configuration?.tls?.authorityFile == "/ca.pem")
        #expect(configuration?.tls?.serverName == "name")
        #expect(configuration?.tls?.verifies == false)
        #expect(configuration?.connectTimeout == .milliseconds(700))
        #expect(configuration?.commandTimeout == .milliseconds(30))
    }

    @Test func anInvalidVariableIsNamed() {
        let bad = [
            "REDIS_PORT": "0", "REDIS_DB": "x", "REDIS_TLS": "maybe", "REDIS_CONNECT_TIMEOUT_MS": "0",
            "REDIS_COMMAND_TIMEOUT_MS": "-5", "REDIS_USER": "app",
        ]
        for (name, value) in bad {
            let error = #expect(throws: RedisConfigurationError.self) {
                try RedisConfiguration.fromEnvironment(["REDIS_HOST": "cache", name: value])
            }
            #expect(error?.setting == name)
        }
    }
}
