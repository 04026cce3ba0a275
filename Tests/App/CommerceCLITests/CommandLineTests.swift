import TestSupport
import Testing

/// The real binary, as an operator and a deployment script meet it.
@Suite("Command line")
struct CommandLineTests {
    private static let database = ["DATABASE_URL": "postgresql://shop:hunter2@127.0.0.1:1/shop"]

    @Test(
        "Each command explains itself",
        arguments: [
            ["--help"], ["serve", "--help"], ["worker", "--help"], ["migrate", "--help"], ["import", "--help"],
            ["healthcheck", "--help"],
        ])
    func help(arguments: [String]) throws {
        let done = try ServiceProcess.run(arguments, environment: [:])
        #expect(done.status == .exited(0))
        #expect(done.output.contains("USAGE: commerce"))
        #expect(done.error.isEmpty)
    }

    @Test("--version prints one line")
    func version() throws {
        let done = try ServiceProcess.run(["--version"], environment: [:])
        #expect(done.status == .exited(0))
        #expect(done.output.split(separator: "\n").count == 1)
        #expect(done.output.split(separator: ".").count == 3)
    }

    @Test(
        "Wrong usage is one line on standard error and exit code 64",
        arguments: [
            ["sell"], ["serve", "--fast"], ["import"], ["import", "a", "b"], ["healthcheck", "now"],
        ])
    func usage(arguments: [String]) throws {
        let done = try ServiceProcess.run(arguments, environment: [:])
        #expect(done.status == .exited(64))
        #expect(done.error.split(separator: "\n").count == 1)
        #expect(done.error.hasPrefix("commerce: "))
        #expect(done.output.isEmpty)
        let command = arguments[0] == "sell" ? "commerce" : "commerce \(arguments[0])"
        #expect(done.error.hasSuffix(" (see: \(command) --help)\n"))
    }

    @Test("Wrong settings are all told at once, a line each, and exit code 78")
    func configuration() throws {
        let done = try ServiceProcess.run(["serve"], environment: ["PORT": "http", "LOG_LEVEL": "loud", "CACHE": "maybe"])
        #expect(done.status == .exited(78))
        let lines = done.error.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines.allSatisfy { $0.hasPrefix("commerce: ") && $0.contains("; expected ") })
        for name in ["PORT", "LOG_LEVEL", "CACHE", "DATABASE_URL"] {
            #expect(lines.contains { $0.hasPrefix("commerce: \(name) ") })
        }
    }

    @Test(
        "A file of the password that is not there is a wrong setting for every command that needs the database",
        arguments: [
            ["serve"], ["worker"], ["migrate", "up"], ["import", "deploy/demo/catalog.ndjson"], ["audit"], ["bootstrap"],
        ])
    func passwordFileMissing(arguments: [String]) throws {
        let done = try ServiceProcess.run(
            arguments, environment: ["DATABASE_HOST": "127.0.0.1", "DATABASE_PASSWORD_FILE": "/nowhere/password"])
        #expect(done.status == .exited(78))
        #expect(
            done.error
                == "commerce: DATABASE_PASSWORD_FILE cannot be used: No such file or directory; expected a file that holds the password, on one line\n"
        )
    }

    @Test("--print-config shows what holds, without secrets")
    func printConfig() throws {
        let done = try ServiceProcess.run(
            ["serve", "--print-config"],
            environment: Self.database.merging(["REDIS_PASSWORD": "hunter2", "REDIS_HOST": "cache", "STOCK_TTL": "2s"]) { $1 })
        #expect(done.status == .exited(0))
        #expect(done.output.contains("STOCK_TTL=2s\n"))
        #expect(done.output.contains("DATABASE_URL=postgresql://shop:***@127.0.0.1:1/shop\n"))
        #expect(!(done.output + done.error).contains("hunter2"))
    }

    @Test("--print-settings prints the README's table without any environment")
    func printSettings() throws {
        let done = try ServiceProcess.run(["serve", "--print-settings"], environment: [:])
        #expect(done.status == .exited(0))
        #expect(done.output.hasPrefix("| name | default |"))
        #expect(done.output.contains("| `DATABASE_URL` |"))
    }
}
