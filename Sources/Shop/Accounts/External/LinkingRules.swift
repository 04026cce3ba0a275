/// What the first token of a person at an issuer does, whose e-mail address the issuer has proven: a pure rule.
enum LinkingRules {
    /// The account that has the address already.
    struct Existing: Sendable {
        var isDisabled = false
        var isStaff = false
        /// Whether another person of the same issuer belongs to it. The issuer may have given an address to a second person.
        var hasIdentityOfIssuer = false
    }

    enum Decision: Equatable, Sendable {
        /// The person gets an account of their own with the address.
        case create
        /// The person gets an account of their own without an address.
        case createWithoutEmail
        /// The account is this person's.
        case link
        /// Nothing is made: the shop has disabled the account.
        case refuse
    }

    static func decide(_ existing: Existing?, _ kind: ExternalIssuer.Kind) -> Decision {
        guard let existing else { return .create }
        if existing.isDisabled { return .refuse }
        // An issuer for customers must not open the account of the staff.
        if existing.hasIdentityOfIssuer || (existing.isStaff && kind != .staff) { return .createWithoutEmail }
        return .link
    }
}
