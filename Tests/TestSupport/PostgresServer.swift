import Foundation
import Synchronization

/// A PostgreSQL server of a test's own, to stop, freeze and kill; gone with its data when released.
package final class PostgresServer: Sendable {
    /// How clients on TCP prove who they are.
    package enum Authentication: Sendable {
        case trust
        /// SCRAM-SHA-256; the superuser's password is set to this.
        case password(String)
    }

    /// How it is stopped (pg_ctl(1)).
    package enum Shutdown: Sendable {
        /// Waits until all clients have gone.
        case smart
        /// Ends all clients' connections, in good order.
        case fast
        /// As a crash: the next start recovers.
        case immediate

        var signal: Int32 {
            switch self {
            case .smart: SIGTERM
            case .fast: SIGINT
            case .immediate: SIGQUIT
            }
        }
    }

    /// Its port on 127.0.0.1, the same over restarts.
    package let port: UInt16
    /// The superuser's URL of the database `postgres`.
    package let url: String
    /// With TLS: the file that clients take as authority, for sslmode=verify-full.
    package let certificateAuthority: String?
    private let directory: ScratchDirectory
    /// Where its data is, if that can be full.
    package let volume: TestVolume?
    private let data: String
    /// The same for this process, which may see the volume elsewhere.
    private let dataView: String
    private let programs: String
    private let process = Mutex<ChildProcess?>(nil)

    /// Makes a cluster and starts it. `settings` are names and values as in postgresql.conf; with `megabytes` it has a disk of
    /// its own of that size.
    package init(
        authentication: Authentication = .trust, tls: Bool = false, settings: [String: String] = [:], megabytes: Int? = nil
    ) throws {
        let environment = try TestEnvironment.read()
        programs = environment.postgresPrograms
        port = try FreePort.find()
        directory = try ScratchDirectory("postgres")
        try ServerAccount.give(directory.path)
        volume = try megabytes.map { [directory] in
            let place = directory.path + "/volume"
            guard mkdir(place, 0o755) == 0 else { throw TestFailure.system("mkdir", errno) }
            return try TestVolume(at: place, megabytes: $0)
        }
        data = (volume?.path ?? directory.path) + "/data"
        dataView = (volume?.view ?? directory.path) + "/data"
        let copy = try ServerAccount.command(["cp", "-a", "--reflink=auto", PostgresTemplate.shared.get(), data])
        try Command.check(volume?.command(copy) ?? copy)

        var settings = settings
        var password = ""
        settings["port"] = "\(port)"
        // The socket lets psql in without a password whatever the test does to authentication.
        settings["unix_socket_directories"] = "'\(directory.path)'"
        if tls {
            let certificate = try SelfSignedCertificate(in: directory.path)
            try ServerAccount.give(certificate.key)
            settings["ssl"] = "on"
            settings["ssl_cert_file"] = "'\(certificate.certificate)'"
            settings["ssl_key_file"] = "'\(certificate.key)'"
            certificateAuthority = certificate.certificate
        } else {
            certificateAuthority = nil
        }
        if case .password(let text) = authentication { password = ":" + text }
        url = "postgresql://postgres\(password)@\(tls ? "localhost" : "127.0.0.1"):\(port)/postgres"
        let method = password.isEmpty ? "trust" : "scram-sha-256"
        try Self.append(settings.map { "\($0.key) = \($0.value)" }.sorted(), to: dataView + "/postgresql.conf")
        let rules = """
            local all,replication all trust
            host all all 127.0.0.1/32 \(method)
            host all all ::1/128 \(method)

            """
        try Data(rules.utf8)
            .write(to: URL(fileURLWithPath: dataView + "/pg_hba.conf"))
        try start()
        if case .password(let text) = authentication { try execute("ALTER ROLE postgres PASSWORD '\(text)'") }
    }

    /// A streaming replica of another server, with its accounts and data. `settings` as above; at another `address` of this
    /// machine it has the primary's port.
    package init(standbyOf primary: PostgresServer, address: String? = nil, settings: [String: String] = [:]) throws {
        programs = primary.programs
        port = try address == nil ? FreePort.find() : primary.port
        directory = try ScratchDirectory("standby")
        volume = nil
        data = directory.path + "/data"
        dataView = data
        certificateAuthority = nil
        try ServerAccount.give(directory.path)
        // Over the primary's socket, which lets everybody in.
        try Command.check(
            ServerAccount.command([
                programs + "/pg_basebackup", "--pgdata", data, "--write-recovery-conf", "--wal-method=stream",
                "--checkpoint=fast", "--no-sync", "--dbname", "host=\(primary.directory.path) port=\(primary.port) user=postgres",
            ]))
        url = primary.url.replacingOccurrences(of: "127.0.0.1:\(primary.port)/", with: "\(address ?? "127.0.0.1"):\(port)/")
        var settings = settings
        if let address { settings["listen_addresses"] = "'\(address)'" }
        settings["port"] = "\(port)"
        settings["unix_socket_directories"] = "'\(directory.path)'"
        // Short, so that a replica that lost its primary is soon one again.
        settings["wal_retrieve_retry_interval"] = "'100ms'"
        try Self.append(settings.map { "\($0.key) = \($0.value)" }.sorted(), to: data + "/postgresql.conf")
        try start()
    }

    deinit {
        resume()
        // The shutdown that still gives back shared memory, and is quick.
        try? stop(.immediate)
    }

    /// Starts it and waits until it takes connections, which needs recovery after an immediate stop or a kill.
    package func start(seconds: Double = 60) throws {
        let log = directory.path + "/log"
        let command = ServerAccount.command([programs + "/postgres", "-D", data])
        let server = try ChildProcess(
            volume?.command(command) ?? command, environment: Command.plain, directory: "/", output: log, error: log)
        process.withLock { $0 = server }
        // The file's eighth line tells what it is doing, and the first who wrote the file (src/include/utils/pidfile.h).
        let ready = Deadline(seconds: seconds).poll {
            let lines = readText(dataView + "/postmaster.pid").split(separator: "\n", omittingEmptySubsequences: false)
            let says =
                lines.count > 7 && lines[0] == "\(server.identifier)"
                && (lines[7].hasPrefix("ready") || lines[7].hasPrefix("standby"))
            return says || server.exitStatus != nil
        }
        guard ready, server.exitStatus == nil else { throw TestFailure("PostgreSQL does not start: \(readText(log))") }
    }

    /// Starts it where it has ended by itself.
    package func startIfEnded() throws {
        if process.withLock({ $0?.exitStatus != nil }) { try start() }
    }

    /// Stops it and waits until it is gone.
    package func stop(_ mode: Shutdown = .fast, seconds: Double = 30) throws {
        let running = process.withLock { $0 }
        running?.send(signal: mode.signal)
        do {
            try running?.wait(seconds: seconds)
        } catch {
            kill()
            throw error
        }
        process.withLock { $0 = nil }
    }

    /// Stops and starts it.
    package func restart(_ mode: Shutdown = .fast) throws {
        try stop(mode)
        try start()
    }

    /// Kills every one of its processes at once (SIGKILL).
    package func kill() {
        let running = process.withLock { $0 }
        signalAll(SIGKILL)
        running?.kill()
        process.withLock { $0 = nil }
    }

    /// Freezes all its processes (SIGSTOP): connections stay open, and get no answer.
    package func freeze() {
        signalAll(SIGSTOP)
    }

    /// Lets them go on (SIGCONT).
    package func resume() {
        signalAll(SIGCONT)
    }

    /// Ends the connections of all clients, as an administrator would; the number of them.
    @discardableResult
    package func terminateClients() throws -> Int {
        let count = try execute(
            """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
            """)
        return Int(count) ?? 0
    }

    /// Runs SQL as superuser over its local socket; rows as lines, columns separated by `|`.
    @discardableResult
    package func execute(_ sql: String, database: String = "postgres") throws -> String {
        let host = directory.path.replacingOccurrences(of: "/", with: "%2F")
        return try PostgresShell.execute(sql, on: "postgresql://postgres@\(host):\(port)/\(database)")
    }

    /// What it has logged.
    package var log: String { readText(directory.path + "/log") }

    private func signalAll(_ number: Int32) {
        guard let running = process.withLock({ $0 }), running.exitStatus == nil else { return }
        // The parent first when stopping, so that it starts no more; each child makes itself a group of its own.
        running.send(signal: number)
        for child in ProcessTable.children(of: running.identifier) { _ = Glibc.kill(child, number) }
    }

    private static func append(_ lines: [String], to file: String) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(("\n" + lines.joined(separator: "\n") + "\n").utf8))
        try handle.close()
    }
}
