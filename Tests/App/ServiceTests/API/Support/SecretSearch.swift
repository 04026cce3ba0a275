import Foundation
import Synchronization
import TestSupport
import Testing

/// The secrets that a test has sent or received, and what was found of them in places where they must not be.
final class SecretSearch: Sendable {
    private struct State {
        /// With the name that a finding has.
        var secrets: [String: String] = [:]
        var personal: [String: String] = [:]
        var findings: [String] = []
        var calls = 0
    }

    private let state = Mutex(State())

    var findings: [String] { state.withLock(\.findings) }
    var calls: Int { state.withLock(\.calls) }
    var count: Int { state.withLock(\.secrets.count) }

    /// A secret of the test's own, which nothing else contains.
    func make(_ name: String) -> String {
        let secret = "Marked-\(name)-\(UUID().uuidString.prefix(13))"
        add(secret, as: name)
        return secret
    }

    func add(_ secret: String, as name: String) {
        guard secret.utf8.count >= 16 else { return }
        state.withLock { $0.secrets[secret] = name }
    }

    /// What tells who a person is: it may be in the database and in the person's mails, and in no log.
    func addPersonal(_ text: String, as name: String) { state.withLock { $0.personal[text] = name } }

    /// The forms in which a secret could turn up: as it is, in URLs, base64 and hexadecimal, and a token also by its bytes and by its
    /// signature.
    private static func forms(of secret: String) -> Set<String> {
        let bytes = Data(secret.utf8)
        var forms: Set = [
            secret, secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? secret, bytes.base64EncodedString(),
            bytes.map { String(format: "%02x", $0) }.joined(),
        ]
        let standard = secret.replacing("-", with: "+").replacing("_", with: "/")
        let padded = standard + String(repeating: "=", count: (4 - standard.count % 4) % 4)
        if let raw = Data(base64Encoded: padded), raw.count >= 24 {
            forms.formUnion([raw.map { String(format: "%02x", $0) }.joined(), raw.base64EncodedString()])
        }
        let parts = secret.split(separator: ".")
        if parts.count == 3, parts[2].count >= 32 { forms.insert(String(parts[2])) }
        return forms
    }

    /// Looks for all secrets in a text.
    /// - Parameters:
    ///   - allowed: secrets that belong there
    ///   - personal: whether addresses and names must not be there either
    func look(in text: String, of place: String, allowing allowed: Set<String> = [], personal: Bool = false) {
        state.withLock { state in
            var wanted = state.secrets.filter { !allowed.contains($0.key) }
            if personal { wanted.merge(state.personal) { $1 } }
            for (secret, name) in wanted where Self.forms(of: secret).contains(where: { text.contains($0) }) {
                state.findings.append("\(place) has \(name)")
            }
        }
    }

    /// Calls a service, and takes down the secrets that it gives out. A refusal must repeat none, and a success no older ones.
    func call(
        _ service: ServiceProcess, _ method: String, _ path: String, _ headers: [(String, String)] = [], json: String? = nil
    ) async throws -> Answer {
        let all = headers + (json == nil ? [] : [("Content-Type", "application/json")])
        let answer = Answer(
            try await service.client().request(method, path, headers: all, body: json.map { Array($0.utf8) }))
        state.withLock { $0.calls += 1 }
        let place = "the answer \(answer.status) to \(method) \(path.prefix { $0 != "?" })"
        var given: Set<String> = []
        for name in ["access_token", "refresh_token", "token", "ticket"] where !answer[name].text.isEmpty {
            given.insert(answer[name].text)
            add(answer[name].text, as: name)
        }
        if let cookie = answer.header("Set-Cookie")?.split(separator: ";").first, let sign = cookie.firstIndex(of: "=") {
            let value = String(cookie[cookie.index(after: sign)...])
            given.insert(value)
            add(value, as: "refresh token of a cookie")
        }
        let fields = answer.response.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
        look(in: fields + "\n" + answer.response.text, of: place, allowing: answer.status < 300 ? given : [])
        return answer
    }
}
