/// Why a command ends without having done what it was asked to: a line for people, a code for scripts.
struct Failure: Error {
    let code: ExitStatus
    let message: String

    init(_ code: ExitStatus, _ message: String) {
        self.code = code
        self.message = message
    }
}
