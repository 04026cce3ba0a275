import Foundation
import Synchronization

/// A Redis server of a test's own, to kill, freeze and restart; gone when released. It keeps nothing on disk.
package final class RedisServer: Sendable {
    /// Its port on 127.0.0.1, the same over restarts.
    package let port: UInt16
    /// Its URL: `redis://`, or `rediss://localhost` with TLS, with the password if it has one.
    package let url: String
    /// With TLS: the file that clients take as authority.
    package let certificateAuthority: String?
    private let password: String?
    private let arguments: [String]
    private let directory: ScratchDirectory
    private let process = Mutex<ChildProcess?>(nil)

    /// Starts one; with TLS it takes no plain connections.
    package init(password: String? = nil, tls: Bool = false, settings: [String: String] = [:]) throws {
        port = try FreePort.find()
        directory = try ScratchDirectory("redis")
        self.password = password
        var arguments = [
            "--bind", "127.0.0.1", "--dir", directory.path, "--save", "", "--appendonly", "no", "--daemonize", "no",
        ]
        if tls {
            let certificate = try SelfSignedCertificate(in: directory.path)
            arguments += [
                "--port", "0", "--tls-port", "\(port)", "--tls-cert-file", certificate.certificate,
                "--tls-key-file", certificate.key, "--tls-ca-cert-file", certificate.certificate, "--tls-auth-clients", "no",
            ]
            certificateAuthority = certificate.certificate
        } else {
            arguments += ["--port", "\(port)"]
            certificateAuthority = nil
        }
        if let password { arguments += ["--requirepass", password] }
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) { arguments += ["--" + name, value] }
        self.arguments = arguments
        url = "\(tls ? "rediss" : "redis")://\(password.map { ":\($0)@" } ?? "")\(tls ? "localhost" : "127.0.0.1"):\(port)/0"
        try start()
    }

    deinit {
        kill()
    }

    /// Starts it on the same port, empty, and waits until it answers.
    package func start(seconds: Double = 30) throws {
        let log = directory.path + "/log"
        let server = try ChildProcess(
            [TestEnvironment.read().redisServer] + arguments, environment: Command.plain, directory: directory.path,
            output: log, error: log)
        process.withLock { $0 = server }
        let answers = Deadline(seconds: seconds).poll(every: 20) {
            server.exitStatus != nil || (try? execute("PING")) == "PONG"
        }
        guard answers, server.exitStatus == nil else { throw TestFailure("Redis does not start: \(readText(log))") }
    }

    /// Kills it (SIGKILL): connections are reset, new ones refused.
    package func kill() {
        process.withLock { process in
            process?.kill()
            process = nil
        }
    }

    /// Kills it and starts an empty one on the same port.
    package func restart() throws {
        kill()
        try start()
    }

    /// Freezes it (SIGSTOP): connections stay open, and get no answer.
    package func freeze() {
        process.withLock { $0?.send(signal: SIGSTOP) }
    }

    /// Lets it go on (SIGCONT).
    package func resume() {
        process.withLock { $0?.send(signal: SIGCONT) }
    }

    /// Runs a command through redis-cli and gives its reply as text without the last newline.
    @discardableResult
    package func execute(_ arguments: String...) throws -> String {
        var command = ["redis-cli", "-h", "127.0.0.1", "-p", "\(port)", "--raw"]
        if let certificateAuthority { command += ["--tls", "--cacert", certificateAuthority] }
        var environment = Command.plain
        if let password { environment["REDISCLI_AUTH"] = password }
        let reply = try Command.check(command + arguments, environment: environment, seconds: 10)
        return reply.hasSuffix("\n") ? String(reply.dropLast()) : reply
    }
}
