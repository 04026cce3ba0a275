import Formats
import HTTPTypes

// Each of these stands for one declared kind, with the headers that belong to it.
extension Problem {
    /// 404, also for a resource of another client: its existence is a secret.
    package static let notFound = Problem(.notFound)

    /// 404 with the resource that is missing.
    package static func notFound(_ detail: String) -> Problem { Problem(.notFound, detail) }

    /// 400 for a query parameter.
    package static func parameter(_ name: String, _ detail: String) -> Problem {
        Problem(.invalidParameter, errors: [InputError(.parameter(name), detail)])
    }

    /// 422 with the invalid values of the body.
    package static func invalid(_ errors: [InputError]) -> Problem {
        Problem(.invalid, errors.count == 1 ? errors.first?.detail : nil, errors: errors)
    }

    /// 422 with the errors that a reader found in the body.
    package static func invalid(_ errors: [FieldError]) -> Problem {
        invalid(errors.map { InputError(.pointer($0.pointer), $0.detail) })
    }

    /// 422 for one value of the body.
    package static func invalid(_ pointer: String, _ detail: String) -> Problem {
        invalid([InputError(.pointer(pointer), detail)])
    }

    /// 401, with the challenge that RFC 9110 §11.6.1 and RFC 6750 §3 demand.
    package static func unauthorized(_ detail: String? = nil) -> Problem {
        var problem = Problem(.unauthorized, detail)
        problem.headers.append(.wwwAuthenticate, "Bearer")
        return problem
    }

    /// 412.
    package static let preconditionFailed = Problem(.preconditionFailed)

    /// 405 with the methods of the resource (RFC 9110 §15.5.6).
    package static func methodNotAllowed(allow: String) -> Problem {
        var problem = Problem(.methodNotAllowed)
        problem.headers.append(.allow, allow)
        return problem
    }

    /// 429, with the seconds to wait.
    package static func tooManyRequests(retryAfter seconds: Int) -> Problem {
        Problem(.tooManyRequests).retrying(after: seconds)
    }

    /// 503, with the seconds to wait.
    package static func unavailable(retryAfter seconds: Int, _ detail: String? = nil) -> Problem {
        Problem(.unavailable, detail).retrying(after: seconds)
    }

    /// 500. The cause is logged and not shown.
    package static func internalError(_ cause: any Error) -> Problem { Problem(.internalError).caused(by: cause) }
}
