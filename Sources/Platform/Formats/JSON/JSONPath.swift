/// The way from a document's root to a value. Its text is made only when something is wrong there.
indirect enum JSONPath {
    case root
    case member(JSONPath, String)
    case element(JSONPath, Int)

    /// The JSON pointer (RFC 6901 §3): `~` in a name is written `~0`, `/` is written `~1`.
    var pointer: String {
        switch self {
        case .root: ""
        case .element(let parent, let index): "\(parent.pointer)/\(index)"
        case .member(let parent, let name): parent.pointer + "/" + Self.escape(name)
        }
    }

    private static func escape(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return name }
        var escaped = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            switch scalar {
            case "~": escaped.append(contentsOf: "~0".unicodeScalars)
            case "/": escaped.append(contentsOf: "~1".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
