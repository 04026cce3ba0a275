import Inventory
import Money
import Formats
import Web

/// Whether an order can be placed, and as what: decided on rows as they were read, without touching anything.
enum CheckoutRules {
    /// Lines and sums of the order to be.
    struct Draft: Sendable {
        let currency: String
        let lines: [OrderLine]
        let totals: OrderTotals
    }

    /// - Parameters:
    ///   - demand: what is wanted
    ///   - shelf: what the catalogue has of it
    ///   - currency: that of the cart it comes from; nil where there is no cart, then it is that of its lines
    ///   - expected: the total that the shopper was shown
    /// - Throws: `Problem`: 422 for a SKU that is unknown or not offered, 409 `insufficient_stock` with what is available of
    ///   each line, 409 `price_changed` with the present total.
    static func draft(
        _ demand: RequestedQuantities, of shelf: AvailableStock, currency: String? = nil, expected: Money?
    ) throws(Problem) -> Draft {
        var found: [(variant: StockedVariant, quantity: Int)] = []
        var unknown: [InputError] = []
        let isFromCart = currency != nil
        // Of what the cart has: no longer there, or no longer offered.
        var isMissing = false
        var places: [Int] = []
        for (index, sku) in demand.skus.enumerated() {
            if let variant = shelf[sku], variant.isOffered {
                found.append((variant, demand.quantities[index]))
                places.append(demand.places[index])
            } else if isFromCart {
                isMissing = true
            } else {
                // A draft as well: that there is such a SKU is not to be told yet.
                unknown.append(InputError(.pointer("/items/\(demand.places[index])/sku"), "SKU \(sku) does not exist"))
            }
        }
        guard unknown.isEmpty else { throw .invalid(unknown) }
        if isMissing { throw insufficientStock(demand, of: shelf) }
        guard let first = found.first else { throw .conflict("cart_empty", "The cart has no lines to order.") }
        let currency = currency ?? first.variant.price.currency
        try checkCurrencies(found.map(\.variant), at: places, currency)
        if found.contains(where: { $0.variant.available < $0.quantity }) { throw insufficientStock(demand, of: shelf) }

        var lines: [OrderLine] = []
        for (variant, quantity) in found {
            guard let total = variant.price.times(quantity) else { throw .amountTooLarge }
            lines.append(
                OrderLine(
                    variant: variant.variant, product: variant.product, sku: variant.sku, name: variant.name,
                    options: variant.options, image: variant.image, quantity: quantity, unitPrice: variant.price,
                    tax: Money(0, currency), total: total))
        }
        guard let totals = OrderTotals(lines: lines, currency: currency) else { throw .amountTooLarge }
        if let expected, expected != totals.total { throw priceChanged(from: expected, to: totals.total) }
        return Draft(currency: currency, lines: lines, totals: totals)
    }

    /// - Throws: `Problem` (422) with the place of each item that is priced in another currency than the first.
    private static func checkCurrencies(
        _ variants: [StockedVariant], at places: [Int], _ currency: String
    ) throws(Problem) {
        let others = zip(variants, places).filter { $0.0.price.currency != currency }.map { variant, place in
            let detail = "\(variant.sku) is priced in \(variant.price.currency), and the order in \(currency)"
            return (fault: InputError(.pointer("/items/\(place)/sku"), detail), currency: variant.price.currency)
        }
        guard others.isEmpty else { throw .currencyMismatch(expected: currency, others) }
    }

    private static func insufficientStock(_ demand: RequestedQuantities, of shelf: AvailableStock) -> Problem {
        var isShort = false
        let lines = zip(demand.skus, demand.quantities).map { sku, quantity in
            let variant = shelf[sku]
            var members: [(String, JSONValue)] = [
                ("sku", .string(sku)),
                ("requested", .number(JSONNumber(quantity))),
                ("available", .number(JSONNumber(variant?.available ?? 0))),
            ]
            // As the cart names it.
            if let variant, variant.isOffered {
                isShort = isShort || variant.available < quantity
            } else {
                members.append(("adjustment", .string("unavailable")))
            }
            return object(members)
        }
        let detail = isShort ? "There is not enough stock for every line." : "A line is no longer on sale."
        return Problem.conflict("insufficient_stock", detail).with("lines", .array(lines))
    }

    /// - Throws: `Problem` (422) with the place of each line that asks for more of a variant than an order can have.
    static func checkQuantities(_ demand: RequestedQuantities, of shelf: AvailableStock, isFromCart: Bool) throws(Problem) {
        var faults: [InputError] = []
        for (index, sku) in demand.skus.enumerated() {
            // What is not offered is not told of either.
            guard let variant = shelf[sku], variant.isOffered, demand.quantities[index] > variant.maximum else { continue }
            let place = isFromCart ? "/cart_id" : "/items/\(demand.places[index])/quantity"
            let detail =
                "an order can have at most \(variant.maximum) of \(sku), and this one asks for \(demand.quantities[index])"
            faults.append(InputError(.pointer(place), detail))
        }
        guard faults.isEmpty else { throw .invalid(faults) }
    }

    private static func priceChanged(from expected: Money, to total: Money) -> Problem {
        Problem.conflict("price_changed", "The total is no longer the expected total.")
            .with("expected_total", money(expected))
            .with("total", money(total))
    }

    private static func money(_ money: Money) -> JSONValue {
        object([("amount", .number(JSONNumber(money.amount))), ("currency", .string(money.currency))])
    }

    private static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        var object = JSONObject()
        for (name, value) in members { object.append(name, value) }
        return .object(object)
    }
}
