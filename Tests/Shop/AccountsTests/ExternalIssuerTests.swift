import Formats
import OpenIDConnect
import Testing
import Web

@testable import Accounts

/// What the word of an issuer counts for.
@Suite("Issuers of others")
struct ExternalIssuerTests {
    private func claims(_ text: String) throws -> JSONObject {
        try #require(try JSONValue.parse(Array("{\(text)}".utf8)).objectValue)
    }

    private func issuer(
        _ kind: ExternalIssuer.Kind, domains: [String] = [], claim: String? = nil, roles: [(String, AccountRole)] = []
    ) -> ExternalIssuer {
        ExternalIssuer(
            TrustedIssuer(issuer: "https://login.example", audiences: ["shop"]), kind: kind, emailDomains: domains,
            rolesClaim: claim,
            roles: roles.map { ExternalIssuer.GroupRole(group: $0.0, role: $0.1) })
    }

    @Test("groups have the roles of the settings; of several the highest, of none none")
    func roles() throws {
        let staff = issuer(.staff, roles: [("Desk", .support), ("K", .manager), ("Bosses", .owner), ("Also", .support)])
        for (text, role) in [
            (#""cognito:groups":["Desk"]"#, "support"), (#""groups":["Desk","Bosses","x"]"#, "owner"),
            (#""groups":"Desk""#, "support"), (#""groups":["desk","DESK"]"#, nil), (#""groups":["\u212A"]"#, nil),
            (#""groups":["K",1,null]"#, "manager"), (#""groups":{"Desk":true}"#, nil), ("", nil), (#""role":"owner""#, nil),
            // Cognito's claim is its own; what a person may write into another one does not count beside it.
            (#""cognito:groups":["Desk"],"groups":["Bosses"]"#, "support"),
        ] as [(String, String?)] { #expect(staff.role(in: try claims(text)) == .granted(role), "\(text)") }
        let other = issuer(.staff, claim: "https://shop.example/roles", roles: [("a", .owner)])
        #expect(other.role(in: try claims(#""https://shop.example/roles":["a"]"#)) == .granted("owner"))
        #expect(other.role(in: try claims(#""groups":["a"],"cognito:groups":["a"]"#)) == .granted(nil))
        #expect(issuer(.staff).role(in: try claims(#""groups":["owner"]"#)) == .ofAccount)
        // An issuer of customers gives no role, not even that of an account.
        #expect(issuer(.customer).role(in: try claims(#""groups":["owner"]"#)) == .granted(nil))
    }

    @Test("an address counts where the issuer has verified it and may speak for its domain")
    func emails() throws {
        let trusted = issuer(.customer, domains: ["example.com", "m\u{FC}ller.example"])
        for (email, isProven) in [
            ("ada@example.com", true), ("Ada@EXAMPLE.com", true), ("ada@m\u{FC}ller.example", true),
            ("ada@mu\u{308}ller.example", true), ("ada@sub.example.com", false), ("ada@example.com.evil.example", false),
            ("ada@evilexample.com", false), ("ada@evil.example", false), ("a@b@example.com", false), ("example.com", false),
            ("", false), ("ada@example.com\u{200B}", false), ("\u{212A}@example.com", true),
        ] {
            let text = #""email":"\#(email)","email_verified":true"#
            #expect((trusted.provenEmail(in: try claims(text)) != nil) == isProven, "\(email)")
            #expect(issuer(.customer).provenEmail(in: try claims(text)) == nil)
        }
        for verified in [#""email_verified":false"#, #""email_verified":"true""#, #""email_verified":1"#, #""x":1"#] {
            #expect(trusted.provenEmail(in: try claims(#""email":"ada@example.com",\#(verified)"#)) == nil, "\(verified)")
        }
    }

    @Test("linking takes over no account of the staff, none of another person, and none that is disabled")
    func linking() {
        for kind in ExternalIssuer.Kind.allCases {
            #expect(LinkingRules.decide(nil, kind) == .create)
            for isDisabled in [false, true] {
                for isStaff in [false, true] {
                    for hasIdentity in [false, true] {
                        let decision = LinkingRules.decide(
                            .init(isDisabled: isDisabled, isStaff: isStaff, hasIdentityOfIssuer: hasIdentity), kind)
                        let isOpen = !hasIdentity && (!isStaff || kind == .staff)
                        #expect(decision == (isDisabled ? .refuse : isOpen ? .link : .createWithoutEmail))
                    }
                }
            }
        }
    }
}
