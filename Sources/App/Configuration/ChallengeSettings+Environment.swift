import Accounts
import Formats

extension ChallengeSettings {
    /// Reads the settings of the environment over the defaults.
    init(_ reader: inout SettingsReader) {
        self.init()
        let url = reader.read(
            optional: "CAPTCHA_VERIFY_URL", .verifierURL,
            "URL that checks proof of a person (siteverify of Turnstile, hCaptcha or reCAPTCHA); without it, no proof is needed")
        let secret = reader.readSecret("CAPTCHA_SECRET", "Secret for CAPTCHA_VERIFY_URL")
        timeout = reader.read(
            "CAPTCHA_TIMEOUT", .duration(.milliseconds(100) ... .seconds(10)), default: timeout, "How long such a check may take")
        failures = reader.read(
            "CAPTCHA_SIGN_IN_FAILURES", .integer(0...1_000), default: failures,
            "After how many failures a sign-in with a password needs proof; 0: always")
        outage = reader.read(
            "CAPTCHA_OUTAGE", .choice, default: outage,
            "Requests while proof cannot be checked: closed refuses them with 503, open lets them through")
        let hasURL = reader.text("CAPTCHA_VERIFY_URL") != nil
        let hasSecret = reader.text("CAPTCHA_SECRET") != nil || reader.text("CAPTCHA_SECRET_FILE") != nil
        if hasURL, !hasSecret {
            reader.reject("CAPTCHA_SECRET", "is not set beside CAPTCHA_VERIFY_URL", expected: "the secret that belongs to it")
        }
        if hasSecret, !hasURL {
            reader.reject(
                "CAPTCHA_VERIFY_URL", "is not set beside CAPTCHA_SECRET", expected: SettingFormat.verifierURL.expectation)
        }
        if let url, let secret { service = Service(url: url, secret: Secret(secret.secret)) }
    }
}

extension SettingFormat where Value == String {
    /// With https, since a secret is sent there; with http only on this machine.
    fileprivate static var verifierURL: SettingFormat {
        text("an https URL, such as https://challenges.cloudflare.com/turnstile/v0/siteverify") { text in
            guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return false }
            let isLocal = ["http://127.0.0.1", "http://localhost", "http://[::1]"].contains { start in
                text.hasPrefix(start) && [":", "/"].contains(text.dropFirst(start.count).first)
            }
            return isLocal || (text.hasPrefix("https://") && text.utf8.count > "https://".utf8.count)
        }
    }
}
