import Testing

@testable import Accounts

@Suite struct ChallengeVerdictTests {
    private func verdict(_ body: String, status: Int = 200) -> ChallengeVerdict {
        ChallengeVerdict(status: status, body: Array(body.utf8))
    }

    @Test(
        "the service's word decides, and a score where it gives one",
        arguments: [
            (#"{"success":true}"#, ChallengeVerdict.passed),
            (#"{"success":true,"error-codes":[],"hostname":"shop.example","challenge_ts":"2026-01-01T00:00:00Z"}"#, .passed),
            (#"{"success":true,"score":0.5}"#, .passed), (#"{"success":true,"score":1}"#, .passed),
            (#"{"success":true,"score":0.49}"#, .refused), (#"{"success":true,"score":-1e3}"#, .refused),
            (#"{"success":true,"score":"high"}"#, .refused), (#"{"success":true,"score":null}"#, .refused),
            // The score of hCaptcha is that of a risk.
            (#"{"success":true,"score":0,"score_reason":[]}"#, .passed),
            (#"{"success":true,"score":0.5,"score_reason":[]}"#, .passed),
            (#"{"success":true,"score":0.9,"score_reason":["automation"]}"#, .refused),
            (#"{"success":false}"#, .refused), (#"{"success":false,"error-codes":["invalid-input-response"]}"#, .refused),
            (#"{"success":false,"error-codes":["timeout-or-duplicate"]}"#, .refused),
        ])
    func decisions(body: String, expected: ChallengeVerdict) {
        #expect(verdict(body) == expected)
    }

    @Test("a fault of the service or of the shop's settings is none of the client's")
    func faults() {
        #expect(
            verdict(#"{"success":false,"error-codes":["invalid-input-secret"]}"#)
                == .unchecked("the service says invalid-input-secret"))
        #expect(
            verdict(#"{"success":false,"error-codes":["timeout-or-duplicate","internal-error"]}"#)
                == .unchecked("the service says internal-error"))
        // What is no code does not reach the log.
        #expect(verdict(#"{"success":false,"error-codes":["Marked secret"]}"#) == .unchecked("it failed"))
        for (body, status) in [
            ("", 200), ("{}", 200), ("[]", 200), ("null", 200), (#"{"success":"true"}"#, 200), (#"{"success":1}"#, 200),
            (#"{"success":true"#, 200), (#"{"success":false,"success":true}"#, 200), ("<html>", 200), (#"{"success":true}"#, 500),
            (#"{"success":true}"#, 302), (#"{"success":true}"#, 204),
        ] {
            guard case .unchecked = verdict(body, status: status) else {
                Issue.record("\(status) \(body)")
                continue
            }
        }
    }
}
