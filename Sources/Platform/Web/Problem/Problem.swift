import Formats
import HTTPServer

/// An error that is an answer: problem details (RFC 9457) with a stable code.
///
/// What it holds, the client sees, but for ``cause``.
package struct Problem: Error {
    package let kind: ProblemKind
    /// What is particular to this occurrence.
    package var detail: String?
    /// What is wrong with the input, where that is the problem.
    package var errors: [InputError] = []
    /// Further members of the object, such as `lines` or `allowed` (RFC 9457 §3.2).
    package var members: [Member] = []
    /// After how many seconds to try again.
    package var retryAfter: Int?
    /// Fields of the answer besides those every problem has.
    package var headers = HeaderBlock()
    /// What lies behind it, for the log only.
    package var cause: String?

    /// A further member of the object.
    package struct Member: Sendable, Equatable {
        package let name: String
        package let value: JSONValue
    }

    package init(_ kind: ProblemKind, _ detail: String? = nil, errors: [InputError] = []) {
        self.kind = kind
        self.detail = detail
        self.errors = errors
    }

    /// The same with a further member; its name must not be one that every problem has.
    package func with(_ name: String, _ value: JSONValue) -> Problem {
        var problem = self
        problem.members.append(Member(name: name, value: value))
        return problem
    }

    /// The same with its cause, which is logged and never shown.
    package func caused(by error: any Error) -> Problem {
        var problem = self
        problem.cause = String(describing: error)
        return problem
    }

    /// The same with advice when to try again, in seconds, at least 1.
    package func retrying(after seconds: Int) -> Problem {
        var problem = self
        problem.retryAfter = max(1, seconds)
        return problem
    }
}
