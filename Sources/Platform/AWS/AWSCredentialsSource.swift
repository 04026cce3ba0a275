import Formats
import HTTPClient

/// Where credentials come from.
package enum AWSCredentialsSource: Sendable, Equatable {
    /// An endpoint that gives a container the credentials of its role, for some hours (ECS, EKS).
    case container(Endpoint)
    /// Keys from the environment.
    case keys(AWSCredentials)

    package struct Endpoint: Sendable, Equatable {
        package let url: String
        /// What the endpoint wants in the header `Authorization`.
        package let authorization: Authorization?
    }

    package enum Authorization: Sendable, Equatable {
        case token(Secret)
        /// A file with the token, which may change.
        case file(String)

        package static func == (left: Authorization, right: Authorization) -> Bool {
            switch (left, right) {
            case (.token(let left), .token(let right)): left.reveal() == right.reveal()
            case (.file(let left), .file(let right)): left == right
            default: false
            }
        }
    }
}

/// A variable that is wrong, in one line without its value.
package struct AWSVariableError: Error, Sendable, Equatable {
    /// The variable.
    package let name: String
    package let problem: String
    /// What would be right.
    package let expected: String
}

extension AWSCredentialsSource {
    /// Keys of the environment, if there are any, else the credentials of the container's role: the order of the SDKs ("Credential
    /// provider chain" in the AWS SDKs and Tools Reference Guide).
    /// - Parameter value: a variable's text; nil where it is not set
    /// - Throws: ``AWSVariableError`` also where there are no credentials at all.
    package init(from value: (String) -> String?) throws(AWSVariableError) {
        if let accessKey = value("AWS_ACCESS_KEY_ID") {
            self = .keys(try Self.keys(accessKey, value))
        } else if let path = value("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            guard path.hasPrefix("/"), path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "@") }) else {
                throw AWSVariableError(
                    name: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", problem: "is not a path",
                    expected: "a path that begins with /")
            }
            self = .container(Endpoint(url: "http://169.254.170.2" + path, authorization: try Self.authorization(value)))
        } else if let url = value("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            guard Self.isAllowed(url) else {
                throw AWSVariableError(
                    name: "AWS_CONTAINER_CREDENTIALS_FULL_URI", problem: "is not allowed",
                    expected: "an https URL, or an http URL of this machine, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]")
            }
            self = .container(Endpoint(url: url, authorization: try Self.authorization(value)))
        } else {
            throw AWSVariableError(
                name: "AWS_ACCESS_KEY_ID", problem: "is not set, and the container has no role",
                expected: "a key, or a task with a role")
        }
    }

    private static func keys(
        _ accessKey: String, _ value: (String) -> String?
    ) throws(AWSVariableError) -> AWSCredentials {
        guard let secretKey = value("AWS_SECRET_ACCESS_KEY") else {
            throw AWSVariableError(
                name: "AWS_SECRET_ACCESS_KEY", problem: "is not set beside AWS_ACCESS_KEY_ID", expected: "the key's secret")
        }
        return AWSCredentials(accessKey: accessKey, secretKey: secretKey, sessionToken: value("AWS_SESSION_TOKEN"))
    }

    private static func authorization(_ value: (String) -> String?) throws(AWSVariableError) -> Authorization? {
        if let file = value("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") { return .file(file) }
        guard let token = value("AWS_CONTAINER_AUTHORIZATION_TOKEN") else { return nil }
        guard token.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw AWSVariableError(
                name: "AWS_CONTAINER_AUTHORIZATION_TOKEN", problem: "has a control character", expected: "a token on one line")
        }
        return .token(Secret(token))
    }

    /// By plain http, the credentials must not leave the machine.
    private static func isAllowed(_ text: String) -> Bool {
        guard let url = try? RequestURL(text), !url.hasUserInfo else { return false }
        guard url.scheme == "http" else { return true }
        if url.host.lowercased() == "localhost" { return true }
        let host = url.host.hasPrefix("[") ? String(url.host.dropFirst().dropLast()) : url.host
        switch NetworkAddress(host) {
        case .ipv4(let address): return address >> 24 == 127 || [0xa9fe_aa02, 0xa9fe_aa17].contains(address)
        case .ipv6(let address): return address == 1 || address == 0xfd00_0ec2 << 96 | 0x23
        case nil: return false
        }
    }
}
