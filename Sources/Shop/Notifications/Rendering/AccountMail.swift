import Accounts

/// What a mail about an account says.
enum AccountMail {
    static let shape: [String: Template.Shape] = [
        "shop": .text, "url": .text, "name": .text, "email": .text, "device": .text,
    ]

    /// - Parameter url: the link; empty for a mail without one
    static func values(_ mail: AccountMailStore.Mail, shop: String, url: String) -> TemplateValues {
        [
            "shop": .text(shop), "url": .text(url), "name": .text(mail.name.map { GreetingName.shown($0) } ?? ""),
            "email": .text(mail.newEmail), "device": .text(mail.device.map { GreetingName.shown($0) } ?? ""),
        ]
    }
}

extension MailKind {
    init(_ subject: AccountMailStore.Mail.Subject) {
        self =
            switch subject {
            case .confirmation: .emailConfirmation
            case .accountExists: .accountExists
            case .passwordReset: .passwordReset
            case .signInLink: .signInLink
            case .emailChangeOld: .emailChangeOld
            case .emailChangeNew: .emailChangeNew
            case .orderLink: .orderLink
            case .passwordChanged: .passwordChanged
            case .newSignIn: .newSignIn
            }
    }
}
