import Glibc
import Testing
import Web

@testable import Configuration

@Suite("Configuration")
struct ConfigurationTests {
    private static let database = ["DATABASE_URL": "postgresql://shop:hunter2@db.example:5433/shop"]

    private func load(_ more: [String: String]) throws -> Configuration {
        try Configuration.load(from: Self.database.merging(more) { _, new in new })
    }

    private func errors(_ environment: [String: String]) -> [SettingError] {
        do {
            _ = try Configuration.load(from: environment)
            return []
        } catch {
            return error.errors
        }
    }

    @Test("Only the database has to be set")
    func defaults() throws {
        let configuration = try load([:])
        #expect(configuration.server.host == "0.0.0.0")
        #expect(configuration.server.port == 8080)
        #expect(configuration.server.loops == nil)
        #expect(configuration.database.primary.maximum == 20)
        #expect(configuration.database.primary.minimum == 5)
        #expect(configuration.http.idleTimeout == .seconds(75))
        #expect(configuration.redis == nil)
        #expect(configuration.cache.isOn)
        #expect(configuration.shop.currency.code == "USD")
        #expect(configuration.shop.checkout.reservationTime == .seconds(900))
        #expect(configuration.log.format == nil)
    }

    @Test("Without a database, the error says how to set one")
    func databaseMissing() {
        let errors = errors([:])
        #expect(errors.map(\.name) == ["DATABASE_URL"])
        #expect(errors.first?.description.contains("DATABASE_HOST") == true)
    }

    @Test("All errors are reported at once, one line each")
    func allFaults() {
        let errors = errors([
            "PORT": "http", "LOG_LEVEL": "loud", "HTTP_MAX_BODY": "1MB", "REQUEST_TIMEOUT": "soon", "STORE_CURRENCY": "XXX",
            "CACHE": "maybe", "TRUSTED_PROXIES": "10.0.0.0/99", "DATABASE_POOL_MAX": "0",
        ])
        #expect(
            Set(errors.map(\.name)) == [
                "PORT", "DATABASE_URL", "LOG_LEVEL", "HTTP_MAX_BODY", "REQUEST_TIMEOUT", "STORE_CURRENCY", "CACHE",
                "TRUSTED_PROXIES",
                "DATABASE_POOL_MAX",
            ])
        #expect(ConfigurationError(errors: errors).description.split(separator: "\n").count == 9)
        #expect(errors.first { $0.name == "PORT" }?.description == "PORT is \"http\"; expected a whole number from 1 to 65535")
    }

    @Test("An error in a secret never shows the secret")
    func secretsStayHidden() {
        let text = ConfigurationError(
            errors: errors([
                "DATABASE_URL": "mysql://root:hunter2@db", "REDIS_URL": "http://:hunter2@cache",
                "DATABASE_PASSWORD": "hunter2\u{7}",
                "REDIS_PASSWORD": "hunter2\n", "JWT_SECRET": "hunter2\n", "ENCRYPTION_KEY": "hunter2",
            ])
        ).description
        #expect(text.split(separator: "\n").count == 6)
        #expect(!text.contains("hunter2"))
    }

    @Test(
        "A URL that libpq or the Redis client would refuse is an error at the start, not at the first connection",
        arguments: [
            ("DATABASE_URL", "postgresql://db:port/shop"), ("DATABASE_URL", "postgresql://db/shop?sslmode=maybe"),
            ("DATABASE_URL", "postgresql://db/shop?nonsense=1"), ("REDIS_URL", "redis://cache:port"),
            ("REDIS_URL", "redis://cache/x"),
            ("REDIS_HOST", "ca che"), ("HOST", "shop.example"),
        ])
    func unusableAddresses(name: String, value: String) {
        #expect(errors(Self.database.merging([name: value]) { $1 }).map(\.name) == [name])
    }

    @Test("An error stays on one line, whatever the value contains")
    func oneLine() {
        let text = ConfigurationError(errors: errors(Self.database.merging(["ASSETS_DIR": "a\nb\u{1B}[31m"]) { $1 })).description
        #expect(text.split(separator: "\n").count == 1)
        #expect(!text.contains("\u{1B}"))
    }

    @Test("An empty variable counts as not set")
    func emptyIsUnset() throws {
        let configuration = try load(["PORT": "", "REDIS_URL": "", "REDIS_HOST": "", "LOOPS": ""])
        #expect(configuration.server.port == 8080)
        #expect(configuration.redis == nil)
    }

    @Test("Settings that contradict each other are errors")
    func contradictions() {
        #expect(
            errors(Self.database.merging(["DATABASE_POOL_MIN": "9", "DATABASE_POOL_MAX": "8"]) { $1 }).map(\.name)
                == ["DATABASE_POOL_MIN"])
        #expect(errors(Self.database.merging(["DRAIN_DELAY": "30s"]) { $1 }).map(\.name) == ["DRAIN_DELAY"])
    }

    @Test("The database's URL is put together from its parts, percent-encoded")
    func databaseParts() throws {
        let configuration = try Configuration.load(from: [
            "DATABASE_HOST": "db.example", "DATABASE_PORT": "6000", "DATABASE_NAME": "a/b", "DATABASE_USER": "us@er",
            "DATABASE_PASSWORD": "p:w/%?é", "DATABASE_SSLMODE": "verify-full", "DATABASE_SSLROOTCERT": "/etc/rds.pem",
        ])
        #expect(
            configuration.database.url
                == "postgresql://us%40er:p%3Aw%2F%25%3F%C3%A9@db.example:6000/a%2Fb?sslmode=verify-full&sslrootcert=%2Fetc%2Frds.pem"
        )
    }

    @Test(
        "A password beside a URL without one is put into it; one in the URL stays",
        arguments: [
            ("postgresql://shop@db/shop", "postgresql://shop:s%40@db/shop"),
            ("postgresql://db/shop", "postgresql://commerce:s%40@db/shop"),
            ("postgresql://shop:old@db/shop", "postgresql://shop:old@db/shop"),
            ("postgresql://db/shop?password=old", "postgresql://db/shop?password=old"),
        ])
    func passwordBesideURL(url: String, result: String) throws {
        #expect(try Configuration.load(from: ["DATABASE_URL": url, "DATABASE_PASSWORD": "s@"]).database.url == result)
    }

    @Test("A file of the password needs a user, replaces the password, and contains one line of text")
    func passwordFile() throws {
        let directory = "/tmp/commerce-password-\(UInt64.random(in: 0 ... .max))"
        #expect(mkdir(directory, 0o700) == 0)
        defer { for name in ["good", "empty", "lines"] { unlink("\(directory)/\(name)") }; rmdir(directory) }
        for (name, text) in [("good", "s@cret word\r\n"), ("empty", "\n"), ("lines", "one\ntwo\n")] {
            let file = try #require(fopen("\(directory)/\(name)", "w"))
            fputs(text, file)
            fclose(file)
        }
        func load(_ name: String, _ more: [String: String]) throws -> DatabaseSettings {
            try Configuration.load(from: more.merging(["DATABASE_PASSWORD_FILE": "\(directory)/\(name)"]) { $1 }).database
        }
        for more in [["DATABASE_URL": "postgresql://db/shop"], ["DATABASE_HOST": "db", "DATABASE_NAME": "shop"]] {
            let database = try load("good", more)
            #expect(
                database.url.hasPrefix("postgresql://commerce@db") && database.primary.passwordFile?.path == "\(directory)/good")
            #expect(!"\(database) \(String(reflecting: database))".contains("s@cret"))
        }
        #expect(try load("good", ["DATABASE_URL": "postgresql://ann@db/shop"]).url == "postgresql://ann@db/shop")
        for name in ["empty", "lines", "missing", "."] {
            #expect(throws: ConfigurationError.self) { try load(name, ["DATABASE_HOST": "db"]) }
        }
        for beside in [["DATABASE_HOST": "db", "DATABASE_PASSWORD": "hunter2"], Self.database] {
            let errors = errors(beside.merging(["DATABASE_PASSWORD_FILE": "\(directory)/good"]) { $1 })
            #expect(errors.map(\.name) == ["DATABASE_PASSWORD_FILE"] && !"\(errors)".contains("hunter2"))
        }
    }

    @Test(
        "A secret may be in a file instead; a file beside the secret, or a file without one, is one error that does not show it",
        arguments: ["REDIS_PASSWORD", "JWT_SECRET", "ENCRYPTION_KEY", "ENCRYPTION_KEY_PREVIOUS", "ORIGIN_VERIFY_SECRET"])
    func secretFiles(name: String) throws {
        let directory = "/tmp/commerce-secret-\(UInt64.random(in: 0 ... .max))"
        #expect(mkdir(directory, 0o700) == 0)
        let secret = "hunter2-hunter2-hunter2-hunter2-hunter2"
        let texts = [
            "good": secret + "\n", "empty": "", "lines": secret + "\n" + secret + "\n",
            "long": String(repeating: "x", count: 4_099),
        ]
        defer { for name in texts.keys { unlink("\(directory)/\(name)") }; rmdir(directory) }
        for (name, text) in texts {
            let file = try #require(fopen("\(directory)/\(name)", "w"))
            fputs(text, file)
            fclose(file)
        }
        let base = Self.database.merging(["REDIS_HOST": "cache"]) { $1 }
        let good = try Configuration.load(from: base.merging([name + "_FILE": "\(directory)/good"]) { $1 })
        #expect(!"\(good) \(good.report)".contains("hunter2"))
        #expect(good.rows.contains { $0.name == name + "_FILE" && $0.shown == "\(directory)/good" })
        for text in ["empty", "lines", "long", "missing", "."] {
            let found = errors(base.merging([name + "_FILE": "\(directory)/\(text)"]) { $1 })
            #expect(found.map(\.name) == [name + "_FILE"], "\(text): \(found)")
            #expect(!"\(found)".contains("hunter2"))
        }
        let beside = errors(base.merging([name + "_FILE": "\(directory)/good", name: secret]) { $1 })
        #expect(beside.map(\.name) == [name + "_FILE"] && !"\(beside)".contains("hunter2"))
        switch name {
        case "REDIS_PASSWORD":
            #expect(good.redis?.url == "redis://:\(secret)@cache:6379/" && good.redis?.client.passwordFile == "\(directory)/good")
            let twice = errors(
                base.merging([name + "_FILE": "\(directory)/good", "REDIS_URL": "redis://:hunter2@cache:6379"]) { $1 })
            #expect(twice.map(\.name) == [name + "_FILE"] && !"\(twice)".contains("hunter2"))
        case "JWT_SECRET": #expect(good.encryption.source == .jwtSecret)
        case "ENCRYPTION_KEY":
            #expect(good.encryption.source == .encryptionKey)
            let direct = try Configuration.load(from: base.merging([name: secret]) { $1 })
            let purpose = EncryptionKeys.Purpose("test")
            #expect(
                good.encryption.keys.authentication(for: purpose).code([1])
                    == direct.encryption.keys.authentication(for: purpose).code([1]))
        case "ORIGIN_VERIFY_SECRET": #expect(!good.server.proxies.isEmpty)
        default: break
        }
    }

    @Test("Settings for trusted proxies that contradict each other are one clear error")
    func proxies() throws {
        #expect(try load([:]).server.proxies.isEmpty)
        let secret = "0123456789abcdef"
        for good in [
            ["TRUSTED_HOPS": "2"], ["TRUSTED_PROXIES": "10.0.0.0/8"], ["TRUSTED_HOPS": "0", "TRUSTED_PROXIES": "10.0.0.0/8"],
            ["ORIGIN_VERIFY_SECRET": secret],
            ["ORIGIN_VERIFY_SECRET": secret, "TRUSTED_HOPS": "2", "TRUSTED_PROXIES": "10.0.0.0/8"],
            ["ORIGIN_VERIFY_SECRET": secret, "ORIGIN_VERIFY_SECRET_PREVIOUS": secret + "g"],
        ] {
            #expect(try !load(good).server.proxies.isEmpty)
        }
        for (bad, name) in [
            (["TRUSTED_HOPS": "2", "TRUSTED_PROXIES": "10.0.0.0/8"], "TRUSTED_HOPS"), (["TRUSTED_HOPS": "17"], "TRUSTED_HOPS"),
            (["TRUSTED_HOPS": "-1"], "TRUSTED_HOPS"),
            (["ORIGIN_VERIFY_SECRET_PREVIOUS": secret], "ORIGIN_VERIFY_SECRET_PREVIOUS"),
            (["ORIGIN_VERIFY_SECRET": "hunter2"], "ORIGIN_VERIFY_SECRET"),
            (["ORIGIN_VERIFY_SECRET": "hunter2 hunter2 hunter2"], "ORIGIN_VERIFY_SECRET"),
            (["ORIGIN_VERIFY_SECRET": "hünter2hünter2hünter2"], "ORIGIN_VERIFY_SECRET"),
        ] {
            let found = errors(Self.database.merging(bad) { $1 })
            #expect(found.map(\.name) == [name], "\(bad)")
            #expect(!"\(found)".contains("hunter2") && !"\(found)".contains(secret))
        }
        let report = try load(["ORIGIN_VERIFY_SECRET": "hunter2-hunter2-hunter2"]).report
        #expect(report.contains("ORIGIN_VERIFY_SECRET=***") && !report.contains("hunter2"))
    }

    @Test("Redis comes from its URL or from its parts")
    func redis() throws {
        #expect(try load(["REDIS_URL": "redis://cache:7000/1"]).redis?.url == "redis://cache:7000/1")
        #expect(
            try load(["REDIS_HOST": "cache", "REDIS_PASSWORD": "a b", "REDIS_TLS": "on"]).redis?.url
                == "rediss://:a%20b@cache:6379/")
        #expect(try load(["REDIS_HOST": "fd00::7"]).redis?.url == "redis://[fd00::7]:6379/")
    }

    @Test("The report names every setting and hides every secret")
    func report() throws {
        let configuration = try load([
            "REDIS_URL": "rediss://:hunter2@cache:6379", "DATABASE_PASSWORD": "hunter2", "REDIS_PASSWORD": "hunter2",
            "PORT": "81",
        ])
        let report = configuration.report
        #expect(!report.contains("hunter2"))
        #expect(report.contains("DATABASE_URL=postgresql://shop:***@db.example:5433/shop\n"))
        #expect(report.contains("REDIS_URL=rediss://:***@cache:6379\n"))
        #expect(report.contains("PORT=81\n"))
        #expect(report.contains("HOST=0.0.0.0  # default\n"))
        #expect(report.contains("LOOPS=  # default: the available CPUs\n"))
        #expect(report.split(separator: "\n").count == configuration.rows.count)
    }

    @Test("A configuration that is printed or dumped shows no secret")
    func printed() throws {
        let configuration = try load(["REDIS_URL": "rediss://:hunter2@cache:6379"])
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!"\(configuration)\(String(reflecting: configuration))\(dumped)".contains("hunter2"))
        #expect(dumped.contains("postgresql://shop:***@db.example"))
    }

    @Test("The encryption key is a long secret, or comes from JWT_SECRET; a weak one causes a warning")
    func encryption() throws {
        let key = "0123456789abcdef0123456789abcdef"
        #expect(try load([:]).encryption.source == .none)
        #expect(try load([:]).encryption.warning != nil)
        for environment in [[:], ["JWT_SECRET": "hunter2"], ["JWT_SECRET": key]] {
            let warning = try #require(try load(environment).encryption.warning)
            #expect(warning.contains("secrets of webhooks"))
        }
        #expect(try load(["JWT_SECRET": "hunter2"]).encryption.source == .jwtSecret)
        // A short one can be guessed; the warning says so without showing it.
        let guessable = try #require(try load(["JWT_SECRET": "hunter2"]).encryption.warning)
        #expect(guessable.contains("can be guessed") && !guessable.contains("hunter2"))
        let long = try #require(try load(["JWT_SECRET": String(repeating: "0123456789abcdef", count: 2)]).encryption.warning)
        #expect(!long.contains("can be guessed") && long.contains("ENCRYPTION_KEY is not set"))
        #expect(try load(["JWT_SECRET": "hunter2"]).encryption.warning != nil)
        let own = try load(["JWT_SECRET": "hunter2", "ENCRYPTION_KEY": key]).encryption
        #expect(own.source == .encryptionKey && own.warning == nil)
        let short = errors(Self.database.merging(["ENCRYPTION_KEY": String(key.dropLast())]) { $1 })
        #expect(short.map(\.name) == ["ENCRYPTION_KEY"] && !"\(short)".contains("0123456789"))

        let purpose = EncryptionKeys.Purpose("test")
        let before = try load(["JWT_SECRET": "hunter2"]).encryption.keys.sealing(for: purpose).seal([7])
        let after = try load(["ENCRYPTION_KEY": key, "ENCRYPTION_KEY_PREVIOUS": "hunter2"]).encryption.keys
        #expect(after.sealing(for: purpose).open(before) == [7])
    }

    @Test("Metrics are off without a port of their own; by default only this machine can read them")
    func metrics() throws {
        #expect(try load([:]).metrics == nil)
        #expect(try load(["METRICS_HOST": "127.0.0.1"]).metrics == nil)
        let beside = try #require(try load(["HOST": "10.0.0.1", "METRICS_PORT": "9090"]).metrics)
        #expect(beside.host == "127.0.0.1" && beside.port == 9090)
        #expect(try load(["METRICS_HOST": "0.0.0.0", "METRICS_PORT": "9090"]).metrics?.host == "0.0.0.0")
        let apart = try load(["HOST": "10.0.0.1", "PORT": "81", "METRICS_HOST": "127.0.0.1", "METRICS_PORT": "81"])
        #expect(apart.metrics?.host == "127.0.0.1")
        for hosts in [["HOST": "10.0.0.1", "METRICS_HOST": "10.0.0.1"], ["HOST": "::"], ["METRICS_HOST": "127.0.0.1"], [:]] {
            #expect(throws: ConfigurationError.self) {
                try load(hosts.merging(["PORT": "81", "METRICS_PORT": "81"]) { $1 })
            }
        }
    }

    @Test("Every default is a value its setting accepts")
    func defaultsAreValid() throws {
        let phrases: Set = ["LOOPS", "LOG_FORMAT", "MIGRATIONS_DIR", "HTTP_BUFFER_MEMORY"]
        var environment = Self.database
        for row in Configuration.settings where !phrases.contains(row.name) && !row.fallback.isEmpty {
            environment[row.name] = row.fallback
        }
        let configuration = try Configuration.load(from: environment)
        for row in configuration.rows where environment[row.name] != nil && row.name != "DATABASE_URL" {
            #expect(row.shown == row.fallback, "\(row.name)")
        }
    }

    @Test("The table lists every setting once, with a description")
    func table() {
        let names = Configuration.settings.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(Configuration.settings.allSatisfy { !$0.description.isEmpty && !$0.description.contains("|") })
        let lines = Configuration.table.split(separator: "\n")
        #expect(lines.count == names.count + 2)
        #expect(lines.contains("| `PORT` | `8080` | Port to listen on |"))
    }

    @Test(
        "Passwords in URLs are masked wherever they are",
        arguments: [
            ("postgresql://a:b@h/db", "postgresql://a:***@h/db"), ("postgresql://a@h/db", "postgresql://a@h/db"),
            ("postgresql://a:b@c@h/db", "postgresql://a:***@h/db"), ("postgresql://a:b/c@h/db", "postgresql://a:***@h/db"),
            ("redis://:b@h", "redis://:***@h"),
            ("postgresql://h/db?password=b&sslpassword=c&user=d", "postgresql://h/db?password=***&sslpassword=***&user=d"),
            ("host=h password=b", "***"), ("", ""),
        ])
    func masks(url: String, shown: String) {
        #expect(SecretMask.url(url) == shown)
    }

    @Test("Whatever the variables hold, loading ends in a configuration or in errors")
    func garbage() {
        var random = SystemRandomNumberGenerator()
        let names = Configuration.settings.map(\.name)
        let pieces = [
            "", "0", "-1", "99999999999999999999", "1s", "/", "://", "@", ":", "postgresql://", "redis://", "[", "é", "\u{0}",
            "%zz",
        ]
        for _ in 0..<3_000 {
            var environment: [String: String] = [:]
            for name in names where Bool.random(using: &random) {
                environment[name] = (0..<3).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            }
            let errors = errors(environment)
            #expect(errors.allSatisfy { names.contains($0.name) })
        }
    }
}
