import Formats
import HTTPTypes

extension Problem {
    /// 404, also for what is somebody else's: that it exists is not the caller's to know.
    package static let notFound = Problem(.notFound)

    /// 404 with a word on what was looked for.
    package static func notFound(_ detail: String) -> Problem { Problem(.notFound, detail) }

    /// 400 with a code of its own.
    package static func badRequest(_ code: String, _ detail: String) -> Problem {
        Problem(ProblemKind(.badRequest, code, title(of: code), ""), detail)
    }

    /// 400 for a query parameter.
    package static func parameter(_ name: String, _ detail: String) -> Problem {
        Problem(.invalidParameter, errors: [InputError(.parameter(name), detail)])
    }

    /// 422 with what is wrong at each place of the body.
    package static func invalid(_ errors: [InputError]) -> Problem {
        Problem(.invalid, errors.count == 1 ? errors.first?.detail : nil, errors: errors)
    }

    /// 422 with the faults a reader found in the body.
    package static func invalid(_ faults: [FieldError]) -> Problem {
        invalid(faults.map { InputError(.pointer($0.pointer), $0.detail) })
    }

    /// 422 for one place of the body.
    package static func invalid(_ pointer: String, _ detail: String) -> Problem {
        invalid([InputError(.pointer(pointer), detail)])
    }

    /// 409 with a code of its own.
    package static func conflict(_ code: String, _ detail: String) -> Problem {
        Problem(ProblemKind(.conflict, code, title(of: code), ""), detail)
    }

    /// 401, with the challenge that RFC 9110 §11.6.1 and RFC 6750 §3 ask for.
    package static func unauthorized(_ detail: String? = nil) -> Problem {
        var problem = Problem(.unauthorized, detail)
        problem.headers.append(.wwwAuthenticate, "Bearer")
        return problem
    }

    /// 403.
    package static let forbidden = Problem(.forbidden)
    /// 412.
    package static let preconditionFailed = Problem(.preconditionFailed)
    /// 428.
    package static let preconditionRequired = Problem(.preconditionRequired)

    /// 405 with the methods the resource takes (RFC 9110 §15.5.6).
    package static func methodNotAllowed(allow: String) -> Problem {
        var problem = Problem(.methodNotAllowed)
        problem.headers.append(.allow, allow)
        return problem
    }

    /// 429, with the seconds to wait.
    package static func tooManyRequests(retryAfter seconds: Int) -> Problem {
        Problem(.tooManyRequests).retrying(after: seconds)
    }

    /// 503, with the seconds after which it may be better.
    package static func unavailable(retryAfter seconds: Int, _ detail: String? = nil) -> Problem {
        Problem(.unavailable, detail).retrying(after: seconds)
    }

    /// 500; the cause is logged, not shown.
    package static func internalError(_ cause: any Error) -> Problem { Problem(.internalError).caused(by: cause) }

    /// "insufficient_stock" → "Insufficient stock".
    static func title(of code: String) -> String {
        let words = code.split(separator: "_").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}
