/// The commands that begin a new connection, sent in one write, and the check of their replies.
struct Handshake {
    enum Outcome: Equatable {
        case unfinished
        case ready
        case refused(RedisError)
    }

    private enum Step { case authenticate, select, name, probe }

    /// In the order in which they are sent.
    let commands: [[RedisArgument]]
    private var awaited: [Step]

    init(_ configuration: RedisConfiguration) {
        var commands: [[RedisArgument]] = []
        var steps: [Step] = []
        if let password = configuration.currentPassword {
            commands.append(["AUTH"] + (configuration.user.map { [.text($0)] } ?? []) + [.text(password)])
            steps.append(.authenticate)
        }
        if configuration.database != 0 {
            commands.append(["SELECT", .integer(Int64(configuration.database))])
            steps.append(.select)
        }
        if let name = configuration.clientName {
            commands.append(["CLIENT", "SETNAME", .text(name)])
            steps.append(.name)
        }
        // A stopped server still accepts connections, and one that loads its data still answers: only PONG proves that it serves.
        commands.append(["PING"])
        steps.append(.probe)
        self.commands = commands
        awaited = steps.reversed()
    }

    /// Takes the reply to the next of the commands.
    mutating func receive(_ reply: RedisValue) -> Outcome {
        guard let step = awaited.popLast() else { return .refused(RedisError(.protocolViolation, "a reply too many")) }
        switch (step, reply) {
        case (.authenticate, .status("OK")), (.select, .status("OK")): return .unfinished
        // A server whose rules forbid the name serves all the same.
        case (.name, .status), (.name, .error): return .unfinished
        case (.probe, .status("PONG")): return .ready
        case (.authenticate, .error(let message)): return .refused(authenticationError(message))
        case (_, .error(let message)):
            let code: RedisError.Code = ServerErrorKind(message) == .authentication ? .authenticationFailed : .connectFailed
            return .refused(RedisError(code, message))
        default: return .refused(RedisError(.protocolViolation, "an unexpected answer to the handshake"))
        }
    }

    /// Some servers and proxies repeat the arguments of a command that they don't know, so their message is not kept.
    private func authenticationError(_ message: String) -> RedisError {
        if message.hasPrefix("WRONGPASS") || message.hasPrefix("ERR invalid password") {
            return RedisError(.authenticationFailed, "the user or password is wrong")
        }
        if message.contains("without any password configured") {
            return RedisError(.authenticationFailed, "a password is set here but not on the server")
        }
        if message.hasPrefix("LOADING") { return RedisError(.connectFailed, "LOADING: the server loads its data") }
        if message.hasPrefix("ERR max number of clients") {
            return RedisError(.connectFailed, "the server has its most clients")
        }
        return RedisError(.authenticationFailed, "AUTH was refused")
    }
}

/// Error replies that concern the server or this connection to it, and not the command.
enum ServerErrorKind: Equatable {
    /// This connection is not logged in.
    case authentication
    /// The server is a replica since a failover: another one takes writes now.
    case readOnly
    /// The server loads its data, or has lost its primary.
    case notServing

    /// By the error's first word, which is its kind; nil for an error of the command's own.
    init?(_ message: String) {
        switch message.prefix(while: { $0 != " " }) {
        case "NOAUTH", "WRONGPASS": self = .authentication
        case "READONLY": self = .readOnly
        case "LOADING", "MASTERDOWN": self = .notServing
        default: return nil
        }
    }
}
