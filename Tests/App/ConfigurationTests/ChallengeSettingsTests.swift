import Testing

import Accounts
@testable import Configuration

@Suite struct ChallengeSettingsTests {
    private func errors(_ environment: [String: String]) -> [String] {
        var reader = SettingsReader(environment)
        _ = ChallengeSettings(&reader)
        return reader.errors.map(\.description)
    }

    private func settings(_ environment: [String: String]) -> ChallengeSettings {
        var reader = SettingsReader(environment)
        return ChallengeSettings(&reader)
    }

    @Test("without a service no proof is needed; with one, it has its defaults") func values() {
        #expect(settings([:]).service == nil)
        let set = settings([
            "CAPTCHA_VERIFY_URL": "https://challenges.cloudflare.com/turnstile/v0/siteverify", "CAPTCHA_SECRET": "hunter2",
        ])
        #expect(set.service?.url == "https://challenges.cloudflare.com/turnstile/v0/siteverify")
        #expect(set.service?.secret.reveal() == "hunter2")
        #expect(set.outage == .closed && set.failures == 3 && set.timeout == .seconds(5))
        for url in ["http://127.0.0.1:80/a", "http://localhost/a", "http://[::1]:8080/a"] {
            #expect(settings(["CAPTCHA_VERIFY_URL": url, "CAPTCHA_SECRET": "s"]).service?.url == url)
        }
    }

    @Test("faults are told at once, and show no secret") func faults() {
        let all = errors([
            "CAPTCHA_VERIFY_URL": "http://shop.example/siteverify", "CAPTCHA_SECRET": "hunter2", "CAPTCHA_TIMEOUT": "1h",
            "CAPTCHA_SIGN_IN_FAILURES": "-1", "CAPTCHA_OUTAGE": "maybe",
        ])
        #expect(all.count == 4 && !all.joined().contains("hunter2"))
        for url in ["http://127.0.0.1.evil.example/", "http://localhost.evil.example", "ftp://a", "https://", "https://a b"] {
            #expect(errors(["CAPTCHA_VERIFY_URL": url, "CAPTCHA_SECRET": "s"]).count == 1, "\(url)")
        }
        #expect(errors(["CAPTCHA_VERIFY_URL": "https://a.example/"]).first?.hasPrefix("CAPTCHA_SECRET is not set") == true)
        #expect(errors(["CAPTCHA_SECRET": "hunter2"]).first?.hasPrefix("CAPTCHA_VERIFY_URL is not set") == true)
    }
}
