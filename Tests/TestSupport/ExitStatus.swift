/// How a process ended.
package enum ExitStatus: Equatable, Sendable {
    /// It ended by itself with this code.
    case exited(Int32)
    /// A signal ended it.
    case killed(signal: Int32)

    /// From what waitpid(2) wrote.
    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7f
        self = signal == 0 ? .exited((waitStatus >> 8) & 0xff) : .killed(signal: signal)
    }
}
