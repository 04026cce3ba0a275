import Accounts
import Configuration
import EventLoop
import Logging
import Notifications
import Orders
import PostgresClient

extension MailTarget {
    /// The target of mails that the settings describe; nil where there are no mails. It belongs to a loop, and must be closed.
    static func configured(
        _ configuration: Configuration, loop: EventLoop, pool: PostgresPool, orders: OrderStore, logger: Logger
    ) -> MailTarget? {
        let transport: any MailTransport
        switch configuration.mail.destination {
        case .server(let server): transport = SMTPTransport(loop: loop, server: server, logger: logger)
        case .mailbox: transport = MailboxStore(pool: pool)
        case .none: return nil
        }
        return MailTarget(
            loop: loop, settings: configuration.mail.target, orders: orders,
            accounts: AccountMailStore(pool: pool, orders: orders, settings: configuration.accounts.settings),
            transport: transport, logger: logger)
    }
}

extension MailSettings {
    /// The address in the row of the target, for people: it has no secrets. Nil where there are no mails.
    var address: String? {
        switch destination {
        case .server(let server): "\(server.host):\(server.port)"
        case .mailbox: "/dev/mail"
        case .none: nil
        }
    }
}
