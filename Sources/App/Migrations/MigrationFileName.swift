/// What a migration file's name says: `0002_carts.up.sql`.
struct MigrationFileName: Equatable {
    enum Direction: String {
        case up, down
    }

    let version: Int
    let name: String
    let direction: Direction

    /// Four digits, an underscore, lower-case letters, digits and underscores, the direction, `.sql`. Nil for anything else.
    init?(_ file: String) {
        guard let suffix = [".up.sql", ".down.sql"].first(where: { file.hasSuffix($0) }) else { return nil }
        let stem = file.dropLast(suffix.count)
        let digits = stem.utf8.prefix(4)
        guard digits.count == 4, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let version = Int(stem.prefix(4)), version > 0
        else { return nil }
        let rest = stem.utf8.dropFirst(4)
        guard rest.first == UInt8(ascii: "_"), rest.count > 1 else { return nil }
        let isPlain = rest.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
            default: false
            }
        }
        guard isPlain else { return nil }
        self.version = version
        name = String(stem.dropFirst(5))
        direction = suffix == ".up.sql" ? .up : .down
    }
}
