import Formats
import FoundationEssentials
import Web

/// How a document lies in Redis: a version byte, the number of variants in two bytes, their ids and what was
/// available of each in four, the Link field's length in two and the field, then the template. The stock is there for
/// the time when PostgreSQL is not.
extension StockTemplate {
    private static let format: UInt8 = 1

    /// The bytes to keep.
    func encoded(available: [Int]) -> [UInt8] {
        var bytes: [UInt8] = [Self.format]
        bytes.reserveCapacity(template.count + variants.count * 20 + 3)
        bytes.append(UInt8(truncatingIfNeeded: variants.count >> 8))
        bytes.append(UInt8(truncatingIfNeeded: variants.count))
        for (index, variant) in variants.enumerated() {
            bytes.append(contentsOf: variant.bytes)
            let stock = UInt32(clamping: index < available.count ? available[index] : 0)
            for shift in [24, 16, 8, 0] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: stock >> shift)) }
        }
        let field = Array((link ?? "").utf8.prefix(0xffff))
        bytes.append(UInt8(truncatingIfNeeded: field.count >> 8))
        bytes.append(UInt8(truncatingIfNeeded: field.count))
        bytes.append(contentsOf: field)
        bytes.append(contentsOf: template)
        return bytes
    }

    /// What ``encoded(available:)`` made; nil for anything else, such as another release's entry.
    static func decode(_ bytes: [UInt8]) -> (document: StockTemplate, available: [Int])? {
        guard bytes.count >= 3, bytes[0] == format else { return nil }
        let count = Int(bytes[1]) << 8 | Int(bytes[2])
        let start = 3 + count * 20
        guard bytes.count >= start + 2 else { return nil }
        let text = start + 2
        let end = text + (Int(bytes[start]) << 8 | Int(bytes[start + 1]))
        guard bytes.count >= end else { return nil }
        let link = end > text ? String(validating: bytes[text..<end], as: UTF8.self) : nil
        var variants: [UUID] = []
        var available: [Int] = []
        variants.reserveCapacity(count)
        available.reserveCapacity(count)
        for index in 0..<count {
            let place = 3 + index * 20
            guard let variant = UUID(bytes: bytes[place..<place + 16]) else { return nil }
            variants.append(variant)
            available.append(bytes[place + 16..<place + 20].reduce(0) { $0 << 8 | Int($1) })
        }
        return (StockTemplate(variants: variants, template: Array(bytes[end...]), link: link), available)
    }
}

/// Proves that what Redis gives was put there by this service, and under that name. Another writer to
/// Redis cannot make the shop show its prices or links.
struct SharedEntrySeal: Sendable {
    private static let length = SHA256.length

    private let key: AuthenticationKey

    init(_ keys: EncryptionKeys) { key = keys.authentication(for: EncryptionKeys.Purpose("entries of the shared cache")) }

    /// The bytes to keep under a name: the entry and its code (HMAC-SHA-256).
    func seal(_ entry: [UInt8], as name: String) -> [UInt8] { entry + key.code(Self.named(entry, name)) }

    /// The entry that was kept under a name; nil for what was not made with our key, or for another name.
    func open(_ sealed: [UInt8], as name: String) -> [UInt8]? {
        guard sealed.count > Self.length else { return nil }
        let entry = Array(sealed.dropLast(Self.length))
        return key.isValid(sealed.suffix(Self.length), for: Self.named(entry, name)) ? entry : nil
    }

    /// The name's length comes last: so no entry and name make the same message as others.
    private static func named(_ entry: [UInt8], _ name: String) -> [UInt8] {
        var message = entry
        message.reserveCapacity(entry.count + name.utf8.count + 4)
        message.append(contentsOf: name.utf8)
        let count = UInt32(clamping: name.utf8.count)
        for shift in [24, 16, 8, 0] as [UInt32] { message.append(UInt8(truncatingIfNeeded: count >> shift)) }
        return message
    }
}
