import AWS

/// How a service takes messages and what it says about them. What decides is here, without I/O.
protocol CloudService: Sendable {
    /// The service's name in signatures.
    var name: String { get }
    var region: String { get }
    /// Where requests go.
    var url: String { get }
    /// The headers of every request.
    var headers: [(name: String, value: String)] { get }

    /// How many bytes a message counts for the limit of ``CloudLimits/bytes``.
    func size(of message: CloudMessage) -> Int
    /// The body of a request with messages.
    func body(_ messages: [CloudMessage]) -> [UInt8]
    /// What a successful answer says about each of `count` messages.
    func results(_ answer: [UInt8], count: Int) -> [CloudResult]
}

/// What a service says about one message.
enum CloudResult: Sendable, Equatable {
    /// Taken, with the number that the service has given to it.
    case taken(String)
    case failed(code: String, message: String)
    /// The answer does not name the message.
    case missing

    /// Whether the service will never take the message. Other errors, such as those about keys and rights, can be corrected.
    var isRefused: Bool {
        guard case .failed(let code, _) = self else { return false }
        return Self.isAboutContent(code)
    }

    /// Whether an error of a whole request says that its message cannot be taken, whatever the settings are.
    static func isAboutContentAlone(_ code: String) -> Bool {
        ["InvalidMessageContents", "BatchRequestTooLong", "MessageTooLong"].contains(code.split(separator: ".").last ?? "")
    }

    static func isAboutContent(_ code: String) -> Bool {
        // Some services put a namespace before the code.
        switch code.split(separator: ".").last ?? "" {
        case "InvalidMessageContents", "InvalidParameterValue", "InvalidParameter", "InvalidAttributeValue", "InvalidArgument",
            "MalformedDetail", "BatchRequestTooLong", "MessageTooLong", "SerializationException", "ValidationException",
            "ParameterValueInvalid":
            true
        default: false
        }
    }
}

/// Limits that the three services share.
enum CloudLimits {
    /// Of a request.
    static let messages = 10
    /// Of a request, with the attributes of its messages. SQS takes more today; the others do not.
    static let bytes = 262_144
}
