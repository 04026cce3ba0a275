/// Names as Prometheus takes them (its documentation, "Data model"): whatever else is in them becomes `_`.
enum MetricName {
    /// A metric's name: letters, digits, `_` and `:`, no digit in front.
    static func metric(_ text: String) -> String { cleaned(text) { $0 == UInt8(ascii: ":") } }

    /// A label's name: letters, digits and `_`, no digit in front; nor `__`, which Prometheus keeps for itself.
    static func label(_ text: String) -> String {
        let name = cleaned(text) { _ in false }
        return name.hasPrefix("__") ? "label" + name : name
    }

    private static func cleaned(_ text: String, _ isAllowedToo: (UInt8) -> Bool) -> String {
        var bytes = text.utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                byte
            default: isAllowedToo(byte) ? byte : UInt8(ascii: "_")
            }
        }
        if bytes.first.map({ $0 >= 0x30 && $0 <= 0x39 }) ?? true { bytes.insert(UInt8(ascii: "_"), at: 0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
