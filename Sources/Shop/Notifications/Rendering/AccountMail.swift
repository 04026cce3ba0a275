import Accounts

/// What a mail about an account says.
enum AccountMail {
    /// The values of each mail: only those that it needs.
    static func shape(_ subject: AccountMailStore.Mail.Subject) -> [String: Template.Shape] {
        var shape: [String: Template.Shape] = ["shop": .text, "name": .text]
        switch subject {
        case .confirmation, .passwordReset, .signInLink, .emailChangeNew, .orderLink: shape["url"] = .text
        case .emailChangeOld: (shape["url"], shape["email"]) = (.text, .text)
        case .newSignIn: shape["device"] = .text
        case .accountExists, .passwordChanged, .accountDeleted: break
        }
        return shape
    }

    /// - Parameter url: the link; empty for a mail without one
    static func values(_ mail: AccountMailStore.Mail, shop: String, url: String) -> TemplateValues {
        let values: TemplateValues = [
            "shop": .text(shop), "url": .text(url), "name": .text(mail.name.map { GreetingName.shown($0) } ?? ""),
            "email": .text(mail.newEmail), "device": .text(mail.device ?? ""),
        ]
        let shape = shape(mail.subject)
        return values.filter { shape[$0.key] != nil }
    }
}

extension MailKind {
    /// The mail about an account with this subject.
    init(_ subject: AccountMailStore.Mail.Subject) {
        self = MailKind.allCases.first { $0.accountSubject == subject } ?? .newSignIn
    }

    /// What a mail about an account is about; nil for other mails.
    var accountSubject: AccountMailStore.Mail.Subject? {
        switch self {
        case .emailConfirmation: .confirmation
        case .accountExists: .accountExists
        case .passwordReset: .passwordReset
        case .signInLink: .signInLink
        case .emailChangeOld: .emailChangeOld
        case .emailChangeNew: .emailChangeNew
        case .orderLink: .orderLink
        case .passwordChanged: .passwordChanged
        case .newSignIn: .newSignIn
        case .accountDeleted: .accountDeleted
        case .orderPlaced, .orderCancelled, .orderExpired, .webhookDisabled, .stockLow: nil
        }
    }
}
