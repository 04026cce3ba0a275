import ArgumentParser
import CSystem

// Before anything is read: the environment holds passwords, whatever the command.
csystem_forbid_core_dumps()

// Parsing and running apart, so that every failure ends here: one line on standard error, and an exit code that tells a
// deployment script what kind it was (sysexits.h).

do {
    var command = try CommerceCommand.parseAsRoot()
    try command.run()
    Terminal.exit(.success)
} catch let failure as Failure {
    Terminal.complain(failure.message)
    Terminal.exit(failure.code)
} catch {
    let code = CommerceCommand.exitCode(for: error)
    // Help and version are no failures, and a command's own exit code has said what it has to say.
    guard code == .validationFailure else { CommerceCommand.exit(withError: error) }
    Terminal.complain("\(CommerceCommand.message(for: error)) (see: commerce --help)")
    Terminal.exit(.usage)
}
