import Formats

/// What a mail about a disabled webhook says.
struct WebhookMail {
    let id: String
    let url: String
    /// Why, for people, in English.
    let reason: String
    /// Why, as far as this release knows it; nil for events of another release.
    let cause: Cause?

    enum Cause {
        case gone
        case failing(since: Timestamp)
    }

    init?(_ payload: JSONValue) {
        guard let id = payload["id"]?.stringValue, let url = payload["url"]?.stringValue else { return nil }
        self.id = id
        self.url = url
        reason = payload["reason"]?.stringValue ?? ""
        switch payload["reason_code"]?.stringValue {
        case "gone": cause = .gone
        case "failing":
            let since = payload["failing_since"]?.stringValue.flatMap { Timestamp(rfc3339: $0) }
            cause = since.map { .failing(since: $0) }
        default: cause = nil
        }
    }

    static let shape: [String: Template.Shape] = [
        "shop": .text, "id": .text, "webhook": .text, "is_gone": .flag, "failing_since": .text, "reason": .text,
    ]

    /// One of `is_gone`, `failing_since` and `reason` at most is there.
    func values(shop: String, _ language: MailLanguage) -> TemplateValues {
        var values: TemplateValues = [
            "shop": .text(shop), "id": .text(id), "webhook": .text(url), "is_gone": .flag(false), "failing_since": .text(""),
            "reason": .text(""),
        ]
        switch cause {
        case .gone: values["is_gone"] = .flag(true)
        case .failing(let since): values["failing_since"] = .text(language.minute(since))
        case nil: values["reason"] = .text(reason)
        }
        return values
    }
}

/// What a mail about little stock says.
struct StockMail {
    let sku: String
    /// Empty where the event does not tell it.
    let name: String
    let available: Int64
    let threshold: Int64?

    init?(_ payload: JSONValue) {
        guard let sku = payload["sku"]?.stringValue, let available = payload["available"]?.int64Value else { return nil }
        self.sku = sku
        self.available = available
        name = payload["name"]?.stringValue ?? ""
        threshold = payload["threshold"]?.int64Value
    }

    static let shape: [String: Template.Shape] = [
        "shop": .text, "sku": .text, "name": .text, "available": .text, "threshold": .text,
        "is_sold_out": .flag,
    ]

    func values(shop: String) -> TemplateValues {
        [
            "shop": .text(shop), "sku": .text(sku), "name": .text(name), "available": .text("\(available)"),
            "threshold": .text(threshold.map { "\($0)" } ?? ""), "is_sold_out": .flag(available <= 0),
        ]
    }
}
