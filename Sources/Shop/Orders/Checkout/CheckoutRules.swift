import Formats
import Inventory
import Money
import Web

/// Whether an order can be placed, and at what price: decided on rows that were read, without any I/O.
enum CheckoutRules {
    /// The priced lines of an order, and their totals.
    /// - Parameters:
    ///   - currency: the currency of the cart; nil without a cart, then it is the currency of the lines
    ///   - expected: the total that the shopper was shown
    /// - Throws: `Problem`: 422 for a SKU that is unknown or not offered, 409 `insufficient_stock` with what is available of
    ///   each line, 409 `price_changed` with the current total.
    static func price(
        _ requested: RequestedQuantities, of stock: AvailableStock, currency: String? = nil, expected: Money?
    ) throws(Problem) -> (lines: [OrderLine], totals: OrderTotals) {
        var found: [(variant: StockedVariant, quantity: Int)] = []
        var unknown: [InputError] = []
        let isFromCart = currency != nil
        // Whether a line of the cart was deleted, or is no longer offered.
        var isMissing = false
        var places: [Int] = []
        for (index, sku) in requested.skus.enumerated() {
            if let variant = stock[sku], variant.isOffered {
                found.append((variant, requested.quantities[index]))
                places.append(requested.places[index])
            } else if isFromCart {
                isMissing = true
            } else {
                // Also for a draft: its SKU is not public yet.
                unknown.append(InputError(.pointer("/items/\(requested.places[index])/sku"), "SKU \(sku) does not exist"))
            }
        }
        guard unknown.isEmpty else { throw .invalid(unknown) }
        if isMissing { throw insufficientStock(requested, of: stock) }
        guard let first = found.first else { throw Problem(.cartEmpty) }
        let currency = currency ?? first.variant.price.currency
        try checkCurrencies(found.map(\.variant), at: places, currency)
        if found.contains(where: { $0.variant.available < $0.quantity }) { throw insufficientStock(requested, of: stock) }

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
        return (lines, totals)
    }

    /// - Throws: `Problem` (422) with the place of each item that is priced in another currency than the order.
    private static func checkCurrencies(
        _ variants: [StockedVariant], at places: [Int], _ currency: String
    ) throws(Problem) {
        let others = zip(variants, places).filter { $0.0.price.currency != currency }.map { variant, place in
            let detail = "\(variant.sku) is priced in \(variant.price.currency), and the order in \(currency)"
            return (fault: InputError(.pointer("/items/\(place)/sku"), detail), currency: variant.price.currency)
        }
        guard others.isEmpty else { throw .currencyMismatch(expected: currency, others) }
    }

    private static func insufficientStock(_ requested: RequestedQuantities, of stock: AvailableStock) -> Problem {
        var isShort = false
        let lines = zip(requested.skus, requested.quantities).map { sku, quantity in
            let variant = stock[sku]
            var members: [(String, JSONValue)] = [
                ("sku", .string(sku)),
                ("requested", .number(JSONNumber(quantity))),
                ("available", .number(JSONNumber(variant?.available ?? 0))),
            ]
            // The same word as in the cart.
            if let variant, variant.isOffered {
                isShort = isShort || variant.available < quantity
            } else {
                members.append(("adjustment", .string("unavailable")))
            }
            return object(members)
        }
        let detail = isShort ? "There is not enough stock for every line." : "A line is no longer on sale."
        return Problem(.insufficientStock, detail).with("lines", .array(lines))
    }

    /// - Throws: `Problem` (422) with the place of each line whose quantity is more than an order can have of the variant.
    static func checkQuantities(
        _ requested: RequestedQuantities, of stock: AvailableStock, isFromCart: Bool
    ) throws(Problem) {
        var faults: [InputError] = []
        for (index, sku) in requested.skus.enumerated() {
            // Limits of variants that are not offered are not public.
            guard let variant = stock[sku], variant.isOffered, requested.quantities[index] > variant.maximum else { continue }
            let place = isFromCart ? "/cart_id" : "/items/\(requested.places[index])/quantity"
            let detail =
                "an order can have at most \(variant.maximum) of \(sku), and this one asks for \(requested.quantities[index])"
            faults.append(InputError(.pointer(place), detail))
        }
        guard faults.isEmpty else { throw .invalid(faults) }
    }

    private static func priceChanged(from expected: Money, to total: Money) -> Problem {
        Problem(.priceChanged, "The total is no longer the expected total.")
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
