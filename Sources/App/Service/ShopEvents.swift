import Accounts
import Catalog
import Events
import Inventory
import Orders

/// The types of events that the shop makes.
package enum ShopEvents {
    package static let all: [EventType] =
        EventType.orders + [.customerRegistered, .cartAbandoned, .productChanged, .stockLow, .webhookDisabled, .webhookPing]
    /// Those that patterns of targets can match. A ping is for one endpoint alone.
    package static let matchable = all.filter { $0 != .webhookPing }
}
