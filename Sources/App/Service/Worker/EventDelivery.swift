import CloudTargets
import Configuration
import EventLoop
import Events
import FoundationEssentials
import HTTPClient
import Logging
import Notifications
import Orders
import PostgresClient
import RedisClient
import Webhooks

/// The relay as a part of the worker: delivers events to webhooks, as mails and to the targets of a cloud. Confined to its loop.
final class EventDelivery: WorkerService {
    private let relay: EventRelay
    private let webhooks: HTTPClient
    /// Nil where there are no mails.
    private let mail: MailTarget?
    private let cloud: CloudTargets
    /// Hints from other processes; nil without Redis.
    private let hints: RedisSubscriber?

    /// - Parameters:
    ///   - worker: the id of the worker's row
    ///   - hint: what this process notifies when it has committed events
    init(
        loop: EventLoop, pool: PostgresPool, configuration: Configuration, worker: @escaping () -> UUID?, hint: OutboxHint,
        orders: OrderStore, logger: Logger
    ) {
        let client = HTTPClient(loop: loop, settings: configuration.webhooks.client, logger: logger)
        let mail = MailTarget.configured(configuration, loop: loop, pool: pool, orders: orders, logger: logger)
        var configured: [EventTarget] = []
        if let address = configuration.mail.address {
            configured.append(
                EventTarget(
                    id: EventTarget.configured(.mail), kind: .mail, address: address, events: configuration.mail.target.events))
        }
        let cloud = CloudTargets(
            loop: loop, settings: configuration.cloud.targets, userAgent: "commerce/\(Version.text)", logger: logger)
        configured += cloud.targets
        var settings = RelaySettings()
        settings.retries = configuration.events.retries
        settings.disableAfter = configuration.webhooks.disableAfter
        let relay = EventRelay(
            loop: loop, pool: pool, worker: worker, configured: configured, hint: hint, settings: settings, logger: logger,
            makeTarget: { row in
                switch row.kind {
                case .webhook:
                    WebhookTarget(
                        row, client: client, keys: configuration.encryption.keys, settings: configuration.webhooks)
                case .mail: mail
                case .sns, .sqs, .eventbridge: cloud.delivery(to: row)
                }
            },
            disable: WebhookDisabling.statement)
        hints = configuration.redis.map { redis in
            RedisSubscriber(loop: loop, configuration: redis.client, channels: [OutboxHint.channel], logger: logger) { _ in
                relay.wake()
            }
        }
        self.relay = relay
        self.mail = mail
        self.cloud = cloud
        webhooks = client
    }

    func start() {
        hints?.start()
        relay.start()
    }

    func drain() async {
        await relay.drain()
        hints?.close()
        await mail?.close()
        await cloud.close()
        await webhooks.close()
    }

    func stop() {
        relay.stop()
        hints?.close()
    }

    func claimsLost() { relay.claimsWereFreed() }
}
