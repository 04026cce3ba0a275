import Formats

/// Rows of every shape that an import takes, the same in every run.
struct GeneratedRows {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// Objects as lines. Each row is known by an id, a SKU, a slug, or a name of its own; other names repeat.
    mutating func rows(_ count: Int) -> [String] {
        (0..<count).map { row($0) }
    }

    private mutating func row(_ number: Int) -> String {
        let nouns = ["Mug", "Lamp", "Chair", "Café Table", "Men's Hat", "日本の茶碗", "Bowl 2", "Bowl"]
        var fields: [String] = []
        var name = nouns[pick(nouns.count)]
        switch pick(5) {
        case 0: fields.append("\"id\": \"row-\(number)\"")
        case 1: fields.append("\"id\": \(number)")
        case 2: fields.append("\"sku\": \"SKU-\(number)\"")
        case 3: fields.append("\"slug\": \"slug-\(number)-x\"")
        default: name += " No. \(number)"
        }
        fields.append("\"name\": \"\(name)\"")
        fields.append("\"price\": \(pick(100_000) / 100).\(pick(10))\(pick(10))")
        if pick(3) > 0 { fields.append("\"description\": \"A \(name),\\nthe \(number)th; \\\"quoted\\\", with\\ttabs\"") }
        if pick(4) > 0 { fields.append("\"category\": \"\(["home", "Home/Kitchen", "garden/Tools", "Tools"][pick(4)])\"") }
        if pick(3) == 0 { fields.append("\"tags\": [\"new\", \"t\(pick(9))\"]") }
        if pick(2) == 0 { fields.append("\"image\": \"\(number).jpg\"") }
        if pick(9) == 0 { fields.append("\"images\": [{\"url\": \"https://cdn.example/\(number).png\", \"alt\": \"\(name)\"}]") }
        if pick(20) == 0 { fields.append("\"status\": \"\(["draft", "archived"][pick(2)])\"") }
        if pick(30) == 0 { fields.append("\"currency\": \"EUR\"") }
        if pick(4) == 0 { fields.append("\"featured\": true, \"style\": null") }
        if pick(5) == 0 {
            fields.append("\"variants\": [\(variants(number))]")
        } else if pick(10) > 0 {
            fields.append("\"\(["stock", "current_stock"][pick(2)])\": \(pick(50))")
        }
        return "{" + fields.joined(separator: ", ") + "}"
    }

    private mutating func variants(_ number: Int) -> String {
        (0...pick(4)).map { index in
            var fields = ["\"options\": {\"size\": \"\(index)\", \"colour\": \"red\"}"]
            if pick(2) == 0 { fields.append("\"sku\": \"V-\(number)-\(index)\"") }
            if pick(2) == 0 { fields.append("\"name\": \"Size \(index)\"") }
            if pick(2) == 0 { fields.append("\"price\": \"\(pick(900)).50\"") }
            if pick(3) > 0 { fields.append("\"stock\": \(pick(20))") }
            return "{" + fields.joined(separator: ", ") + "}"
        }.joined(separator: ", ")
    }

    /// SplitMix64.
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func pick(_ count: Int) -> Int {
        Int(next() % UInt64(count))
    }

    /// The rows in another order.
    mutating func shuffled(_ rows: [String]) -> [String] {
        var rows = rows
        for index in rows.indices.reversed() { rows.swapAt(index, pick(index + 1)) }
        return rows
    }
}
