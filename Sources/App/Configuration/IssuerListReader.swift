import Accounts
import Formats
import OpenIDConnect
import Orders

/// Reads the JSON of `OIDC_ISSUERS`, and collects all its faults.
struct IssuerListReader {
    struct Fault: Equatable {
        /// What is wrong, as a clause after the setting's name.
        let problem: String
        let expected: String
    }

    let allowsPlainHTTP: Bool
    /// Of the shop's own tokens: no other issuer may have its name.
    let tokenIssuer: String
    private(set) var faults: [Fault] = []
    /// Where the entry that is read stands, from 1.
    private var number = 0

    static let mostIssuers = 20
    private static let members = [
        "issuer", "audience", "client_ids", "kind", "email_domains", "jwks_uri", "roles", "roles_claim",
    ]

    init(allowsPlainHTTP: Bool, tokenIssuer: String) {
        self.allowsPlainHTTP = allowsPlainHTTP
        self.tokenIssuer = tokenIssuer
    }

    mutating func read(_ text: String) -> [ExternalIssuer] {
        let document: JSONValue
        do { document = try JSONValue.parse(Array(text.utf8), maximumDepth: 8) } catch {
            faults.append(Fault(problem: "is not valid JSON: \(error)", expected: "a JSON array of objects"))
            return []
        }
        guard let entries = document.arrayValue, entries.count <= Self.mostIssuers else {
            faults.append(Fault(problem: "has another form", expected: "a JSON array of at most \(Self.mostIssuers) objects"))
            return []
        }
        var issuers: [ExternalIssuer] = []
        for entry in entries {
            number += 1
            guard let object = entry.objectValue else {
                refuse("is not an object", "an object with \"issuer\" and \"audience\" or \"client_ids\"")
                continue
            }
            guard let issuer = read(object) else { continue }
            if issuers.contains(where: { $0.trusted.issuer.hasSameBytes(as: issuer.trusted.issuer) }) {
                refuse("\"issuer\" is that of an entry before", "each issuer once")
            }
            issuers.append(issuer)
        }
        return issuers
    }

    private mutating func refuse(_ problem: String, _ expected: String) {
        faults.append(Fault(problem: "entry \(number): \(problem)", expected: expected))
    }

    private mutating func read(_ object: JSONObject) -> ExternalIssuer? {
        for member in object.members where !Self.members.contains(where: { $0.hasSameBytes(as: member.name) }) {
            let name = Self.isPlain(member.name) ? " \"\(member.name)\"" : ""
            refuse("has an unknown member\(name)", "only " + Self.members.joined(separator: ", "))
        }
        let audiences = texts(object, "audience")
        let clients = texts(object, "client_ids")
        if object["audience"] == nil && object["client_ids"] == nil {
            refuse("has neither \"audience\" nor \"client_ids\"", "at least one of them")
        }
        let keysURL = text(object, "jwks_uri")
        if let keysURL, let fault = IssuerURL.fault(keysURL, allowsPlainHTTP: allowsPlainHTTP) {
            refuse("\"jwks_uri\" \(fault)", "an https URL, such as https://login.example/keys")
        }
        let kind = kind(object)
        let domains = texts(object, "email_domains").map { EmailAddress.key(of: $0) }
        if domains.contains(where: { EmailAddress.parse("a@" + $0) == nil }) {
            refuse("\"email_domains\" has a text that is no domain", "domains such as example.com")
        }
        let roles = roles(object)
        if object["roles"] != nil, kind == .customer { refuse("\"roles\" is set for customers", "\"kind\": \"staff\"") }
        let claim = text(object, "roles_claim")
        if claim != nil, object["roles"] == nil { refuse("\"roles_claim\" is set without \"roles\"", "both") }
        guard let issuer = issuer(object) else { return nil }
        return ExternalIssuer(
            TrustedIssuer(
                issuer: issuer, audiences: audiences, clientIDs: clients, keysURL: keysURL, allowsPlainHTTP: allowsPlainHTTP),
            kind: kind, emailDomains: domains, rolesClaim: claim, roles: roles)
    }

    private mutating func issuer(_ object: JSONObject) -> String? {
        let expected = "the issuer's https URL, without query, as in its tokens"
        guard object["issuer"] != nil else {
            refuse("\"issuer\" is missing", expected)
            return nil
        }
        guard let issuer = text(object, "issuer") else { return nil }
        if let fault = IssuerURL.issuerFault(issuer, allowsPlainHTTP: allowsPlainHTTP) { refuse("\"issuer\" \(fault)", expected) }
        if issuer.hasSameBytes(as: tokenIssuer) { refuse("\"issuer\" is TOKEN_ISSUER", "another issuer than the shop itself") }
        return issuer
    }

    private mutating func kind(_ object: JSONObject) -> ExternalIssuer.Kind {
        guard let value = object["kind"] else { return .customer }
        guard let kind = value.stringValue.flatMap({ ExternalIssuer.Kind(rawValue: $0) }) else {
            refuse("\"kind\" is neither customer nor staff", "customer or staff")
            return .staff
        }
        return kind
    }

    private mutating func roles(_ object: JSONObject) -> [ExternalIssuer.GroupRole] {
        guard let value = object["roles"] else { return [] }
        let expected =
            "an object such as {\"Admins\": \"owner\"}; roles are " + AccountRole.allCases.map(\.rawValue).joined(separator: ", ")
        guard let members = value.objectValue?.members, !members.isEmpty else {
            refuse("\"roles\" is not an object with members", expected)
            return []
        }
        let roles = members.compactMap { member in
            member.value.stringValue.flatMap { AccountRole(rawValue: $0) }.map {
                ExternalIssuer.GroupRole(group: member.name, role: $0)
            }
        }
        if roles.count != members.count { refuse("\"roles\" has an unknown role", expected) }
        return roles
    }

    /// A text without control characters; nil where it is missing or wrong.
    private mutating func text(_ object: JSONObject, _ name: String) -> String? {
        guard let value = object[name] else { return nil }
        guard let text = value.stringValue, Self.isPlain(text) else {
            refuse("\"\(name)\" is not a text", "a text of 1 to 1024 bytes without control characters")
            return nil
        }
        return text
    }

    /// A text or an array of texts.
    private mutating func texts(_ object: JSONObject, _ name: String) -> [String] {
        guard let value = object[name] else { return [] }
        let texts = value.stringValue.map { [$0] } ?? value.arrayValue?.compactMap(\.stringValue) ?? []
        guard !texts.isEmpty, texts.count <= 100, texts.allSatisfy(Self.isPlain),
            value.arrayValue.map({ $0.count == texts.count }) ?? true
        else {
            refuse("\"\(name)\" is not a text or an array of texts", "1 to 100 texts without control characters")
            return []
        }
        return texts
    }

    private static func isPlain(_ text: String) -> Bool {
        (1...1_024).contains(text.utf8.count) && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }
}
