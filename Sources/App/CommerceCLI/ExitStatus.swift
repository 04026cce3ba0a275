/// How the program ends (sysexits(3head)).
enum ExitStatus: Int32 {
    case success = 0
    /// It was tried and did not work.
    case failure = 1
    /// EX_USAGE: the command line is wrong.
    case usage = 64
    /// EX_DATAERR: the input is wrong.
    case data = 65
    /// EX_NOINPUT: the input can't be read.
    case noInput = 66
    /// EX_UNAVAILABLE: the database is out of reach.
    case unavailable = 69
    /// EX_SOFTWARE: a fault of the program's own.
    case software = 70
    /// EX_CONFIG: the environment's settings are wrong.
    case configuration = 78
}
