import Events

/// The beginning of an answer, for the log of deliveries.
enum WebhookAnswer {
    /// Text of at most ``DeliveryReport/longestAnswer`` bytes: what is not UTF-8 becomes U+FFFD, and control characters are left out.
    /// Secrets are masked, should a receiver repeat its own.
    static func excerpt(_ body: [UInt8]) -> String? {
        // Each character left out has at most 4 bytes.
        let text = masked(String(decoding: body.prefix(4 * DeliveryReport.longestAnswer), as: UTF8.self))
        return ReportText.line(text, longest: DeliveryReport.longestAnswer)
    }

    /// Base64 after `whsec_` is replaced.
    private static func masked(_ text: String) -> String {
        guard text.contains("whsec_") else { return text }
        return text.split(separator: "whsec_", omittingEmptySubsequences: false).enumerated().map { index, part in
            guard index > 0 else { return String(part) }
            let rest = part.drop { $0.isASCII && ($0.isLetter || $0.isNumber || "+/=-_".contains($0)) }
            return "whsec_***" + rest
        }.joined()
    }
}
