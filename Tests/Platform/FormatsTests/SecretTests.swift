import Foundation
import Testing

@testable import Formats

@Suite("Secret")
struct SecretTests {
    private struct Configuration: Encodable {
        let user = "shop"
        let password = Secret("hunter2")
    }

    @Test("only reveal shows it")
    func masked() throws {
        let secret = Secret("hunter2")
        #expect(secret.reveal() == "hunter2")
        var dumped = ""
        dump(Configuration(), to: &dumped)
        dump([secret], to: &dumped)
        let json = String(decoding: try JSONEncoder().encode(Configuration()), as: UTF8.self)
        let shown = [
            "\(secret)", secret.description, secret.debugDescription, String(describing: secret), String(reflecting: secret),
            dumped, json,
            "\(Configuration())", String(reflecting: Configuration()), "\([secret])", "\(Optional(secret) as Any)",
            "\(Mirror(reflecting: secret).children.map { "\($0.value)" })",
        ]
        for text in shown { #expect(!text.contains("hunter")) }
        #expect("\(secret)" == Secret.mask && json.contains(Secret.mask))
    }

    @Test("its mask does not depend on its length")
    func length() {
        #expect("\(Secret(""))" == "\(Secret("a much longer one"))")
        #expect(Secret("").isEmpty && !Secret("x").isEmpty)
    }
}
