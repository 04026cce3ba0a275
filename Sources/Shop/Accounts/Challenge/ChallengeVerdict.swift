import Formats

/// What the service says of an answer: a pure value.
enum ChallengeVerdict: Equatable {
    case passed
    /// The answer is wrong, was used before or has expired.
    case refused
    /// The service could not check it. The reason is for the operator's log.
    case unchecked(String)

    /// The least score of services that give one, from 0 (a program) to 1 (a person).
    static let leastScore = 0.5

    /// The codes that are about the client's answer. All others are about the request of the shop, which the client cannot help.
    private static let aboutAnswer: Set<String> = [
        "missing-input-response", "invalid-input-response", "timeout-or-duplicate", "already-seen-response",
        "expired-input-response",
        "invalid-or-already-seen-response",
    ]

    /// - Parameter isRisk: whether the score is from 0 (a person) to 1 (a program)
    private static func isEnough(_ score: JSONValue, isRisk: Bool) -> Bool {
        guard case .number(let number) = score, let value = Double(number.lexeme) else { return false }
        return isRisk ? value <= 1 - leastScore : value >= leastScore
    }

    /// Reads the response of the service.
    init(status: Int, body: [UInt8]) {
        guard status == 200 else {
            self = .unchecked("the service answered \(status)")
            return
        }
        guard let json = try? JSONValue.parse(body), let success = json["success"]?.boolValue else {
            self = .unchecked("the service's answer cannot be read")
            return
        }
        guard success else {
            let codes = (json["error-codes"]?.arrayValue ?? []).compactMap(\.stringValue)
            let others = codes.filter { !Self.aboutAnswer.contains($0) }
            // The codes are short words; what is none is not repeated.
            let isPlain = others.allSatisfy {
                $0.utf8.count <= 64 && $0.utf8.allSatisfy { $0 == 0x2D || (0x61...0x7A).contains($0) }
            }
            self =
                others.isEmpty
                ? .refused : .unchecked(isPlain ? "the service says \(others.joined(separator: ", "))" : "it failed")
            return
        }
        // The score of hCaptcha, which has reasons beside it, is that of a risk.
        let isRisk = json["score_reason"] != nil
        self = json["score"].map { Self.isEnough($0, isRisk: isRisk) } ?? true ? .passed : .refused
    }
}
