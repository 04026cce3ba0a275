import Formats
import FoundationEssentials
import Money

/// What a mail about an order says, from the payload of its event: the order as JSON.
struct OrderMail {
    struct Line {
        let sku: String
        let name: String
        let options: [(name: String, value: String)]
        let quantity: Int64
        let unitPrice: Money
        let total: Money
    }

    let id: UUID
    let number: String
    /// The shopper's address. Empty where the person was erased.
    let email: String
    let locale: String?
    let lines: [Line]
    let subtotal: Money
    let discount: Money
    let tax: Money
    let shipping: Money
    let total: Money
    /// The shopper's name, as it was given; empty without one.
    let name: String
    /// The lines of the delivery's address.
    let address: [String]
    let placedAt: Timestamp

    /// Nil for a payload that is no order.
    init?(_ payload: JSONValue) {
        guard let id = payload["id"]?.stringValue.flatMap({ UUID(utf8: $0.utf8) }), let number = payload["number"]?.stringValue,
            let email = payload["email"]?.stringValue, let items = payload["items"]?.arrayValue,
            let subtotal = payload["subtotal"].flatMap(Self.money), let total = payload["total"].flatMap(Self.money),
            let created = payload["created_at"]?.stringValue.flatMap({ Timestamp(rfc3339: $0) })
        else { return nil }
        lines = items.compactMap(Self.line)
        guard lines.count == items.count else { return nil }
        let none = Money(0, total.currency)
        self.id = id
        self.number = number
        self.email = email
        self.locale = payload["locale"]?.stringValue
        self.subtotal = subtotal
        self.total = total
        discount = payload["discount"].flatMap(Self.money) ?? none
        tax = payload["tax"].flatMap(Self.money) ?? none
        shipping = payload["shipping"].flatMap(Self.money) ?? none
        name = payload["shipping_address"]?["name"]?.stringValue ?? ""
        address = Self.address(payload["shipping_address"])
        placedAt = created
    }

    private static func money(_ json: JSONValue) -> Money? {
        guard let amount = json["amount"]?.int64Value, let currency = json["currency"]?.stringValue else { return nil }
        return Money(amount, currency)
    }

    private static func line(_ json: JSONValue) -> Line? {
        guard let sku = json["sku"]?.stringValue, let name = json["name"]?.stringValue,
            let quantity = json["quantity"]?.int64Value,
            let unitPrice = json["unit_price"].flatMap(money), let total = json["line_total"].flatMap(money)
        else { return nil }
        let options = json["options"]?.objectValue?.members.compactMap { member in
            member.value.stringValue.map { (member.name, $0) }
        }
        return Line(sku: sku, name: name, options: options ?? [], quantity: quantity, unitPrice: unitPrice, total: total)
    }

    private static func address(_ json: JSONValue?) -> [String] {
        func part(_ name: String) -> String? { json?[name]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } }
        let country = part("country")
        // In most countries, the postal code stands before the city.
        let isCityFirst = country.map { Self.citiesFirst.contains($0) } ?? false
        let place = (isCityFirst ? ["city", "region", "postal_code"] : ["postal_code", "city", "region"]).compactMap(part)
        let lines: [String?] = [
            part("name"), part("company"), part("line1"), part("line2"), place.joined(separator: " "), country,
        ]
        return lines.compactMap(\.self).filter { !$0.isEmpty }
    }

    private static let citiesFirst: Set<String> = [
        "AU", "BR", "CA", "CN", "GB", "IE", "IN", "JP", "KR", "MX", "NZ", "US", "ZA",
    ]
}

// MARK: Values

extension OrderMail {
    static let shape: [String: Template.Shape] = [
        "shop": .text, "url": .text, "number": .text, "name": .text, "placed_on": .text, "subtotal": .text, "discount": .text,
        "tax": .text, "shipping": .text, "total": .text, "has_delivery": .flag, "address": .list(["line": .text]),
        "items": .list([
            "sku": .text, "item": .text, "options": .text, "quantity": .text, "unit_price": .text, "line_total": .text,
        ]),
    ]

    /// - Parameters:
    ///   - url: the link to the order
    ///   - kind: what has happened to the order
    func values(shop: String, url: String, _ kind: MailKind, _ language: MailLanguage) -> TemplateValues {
        /// An amount; empty for none, so that its line is left out.
        func some(_ money: Money) -> TemplateValue { .text(money.amount == 0 ? "" : language.text(money)) }
        return [
            "shop": .text(shop), "url": .text(url), "number": .text(number), "name": .text(GreetingName.shown(name)),
            "placed_on": .text(language.day(placedAt)), "subtotal": .text(language.text(subtotal)),
            "discount": some(Money(discount.amount == .min ? .max : -discount.amount, discount.currency)), "tax": some(tax),
            "shipping": some(shipping), "total": .text(language.text(total)),
            // The other mails say that nothing will be delivered.
            "has_delivery": .flag(kind == .orderPlaced),
            "address": .list(address.map { ["line": .text($0)] }),
            "items": .list(
                lines.map { line in
                    [
                        "sku": .text(line.sku), "item": .text(line.name),
                        "options": .text(line.options.map { "\($0.name): \($0.value)" }.joined(separator: ", ")),
                        "quantity": .text("\(line.quantity)"), "unit_price": .text(language.text(line.unitPrice)),
                        "line_total": .text(language.text(line.total)),
                    ]
                }),
        ]
    }
}
