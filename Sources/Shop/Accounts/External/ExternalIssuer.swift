import Formats
import JWT
import OpenIDConnect
import Orders
import Web

/// An issuer of OpenID Connect whose people may use the shop, and what its word counts for.
package struct ExternalIssuer: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Its people are customers, whatever its tokens say.
        case customer
        /// Its people work for the shop.
        case staff
    }

    package var trusted: TrustedIssuer
    package var kind: Kind
    /// The domains of e-mail addresses that it may speak for, in lower case. Subdomains are other domains.
    package var emailDomains: [String]
    /// The claim with the groups of a person; nil for `cognito:groups`, else `groups`.
    package var rolesClaim: String?
    /// The roles that groups have; empty where the account's own role counts.
    package var roles: [GroupRole]

    /// What a group may do.
    package struct GroupRole: Sendable, Equatable {
        package let group: String
        package let role: AccountRole

        package init(group: String, role: AccountRole) {
            self.group = group
            self.role = role
        }
    }

    package init(
        _ trusted: TrustedIssuer, kind: Kind = .customer, emailDomains: [String] = [], rolesClaim: String? = nil,
        roles: [GroupRole] = []
    ) {
        self.trusted = trusted
        self.kind = kind
        self.emailDomains = emailDomains
        self.rolesClaim = rolesClaim
        self.roles = roles
    }

    /// The role with which a token acts: of several groups, the one that may do most.
    func role(in claims: JSONObject) -> Principal.Role {
        guard kind == .staff else { return .granted(nil) }
        guard !roles.isEmpty else { return .ofAccount }
        let claim = if let rolesClaim { claims[rolesClaim] } else { claims["cognito:groups"] ?? claims["groups"] }
        var groups = claim?.arrayValue?.compactMap(\.stringValue) ?? []
        if let one = claim?.stringValue { groups = [one] }
        let granted = roles.filter { entry in groups.contains { $0.hasSameBytes(as: entry.group) } }.map(\.role)
        return .granted(AccountRole.allCases.first { granted.contains($0) }?.rawValue)
    }

    /// The address that the issuer has proven to be the person's; nil for one that it has not proven, or may not speak for.
    func provenEmail(in claims: JSONObject) -> String? {
        guard claims["email_verified"] == .bool(true),
            let email = claims["email"]?.stringValue.flatMap({ EmailAddress.parse($0) }),
            let at = email.utf8.lastIndex(of: UInt8(ascii: "@"))
        else { return nil }
        let domain = EmailAddress.key(of: String(email[email.utf8.index(after: at)...]))
        return emailDomains.contains { $0.hasSameBytes(as: domain) } ? email : nil
    }
}
