import Foundation

/// A cluster made once by initdb and copied for every ``PostgresServer``, which is several times as fast.
enum PostgresTemplate {
    /// Its data directory. It stays until `./dev test` removes all that the tests left.
    static let shared = Result {
        let environment = try TestEnvironment.read()
        let directory = "\(environment.scratch)/template-\(getpid())"
        guard mkdir(directory, 0o755) == 0 else { throw TestFailure.system("mkdir \(directory)", errno) }
        try ServerAccount.give(directory)
        let data = directory + "/data"
        try Command.check(
            ServerAccount.command([
                environment.postgresPrograms + "/initdb", "-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8",
                "--locale=C.UTF-8", "--no-sync",
            ]))
        let settings = """

            listen_addresses = '127.0.0.1,::1'
            max_connections = 100
            shared_buffers = 32MB
            fsync = off
            full_page_writes = off
            password_encryption = 'scram-sha-256'

            """
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: data + "/postgresql.conf"))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(settings.utf8))
        try handle.close()
        return data
    }
}
