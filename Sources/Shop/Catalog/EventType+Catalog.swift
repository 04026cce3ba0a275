import Events

extension EventType {
    package static let productChanged = EventType(
        "product.changed", aggregate: "product", schema: "Product",
        "A product was added or changed, as by an import. The shop makes these events only while an endpoint or another target wants "
            + "them. Changes of stock alone make none.")
}
