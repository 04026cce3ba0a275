import ArgumentParser
import CSystem

// First of all: the environment may hold passwords, which a core dump would contain.
csystem_forbid_core_dumps()

// Parsing and running are separate steps, so every error arrives here: one line on standard error, and an exit code that tells
// deployment scripts the kind of error (sysexits.h).

do {
    var command = try CommerceCommand.parseAsRoot()
    try command.run()
    Terminal.exit(.success)
} catch let error as CommandError {
    Terminal.complain(error.message)
    Terminal.exit(error.code)
} catch {
    let code = CommerceCommand.exitCode(for: error)
    // Help and version are no errors, and ArgumentParser handles them and a command's own exit code.
    guard code == .validationFailure else { CommerceCommand.exit(withError: error) }
    let command = CommerceCommand.name(in: CommandLine.arguments.dropFirst())
    Terminal.complain(Terminal.line("\(CommerceCommand.message(for: error)) (see: \(command) --help)"))
    Terminal.exit(.usage)
}
