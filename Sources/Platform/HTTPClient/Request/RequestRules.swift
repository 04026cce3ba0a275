/// What may be sent: libcurl passes methods and headers on as they are.
enum RequestRules {
    /// Headers that frame the message or belong to the connection. libcurl writes them.
    private static let framing: Set<String> = [
        "connection", "content-length", "expect", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    /// Why a method is refused, in one line; nil where it is not.
    static func fault(method: String, hasBody: Bool = false) -> String? {
        guard !method.isEmpty, method.utf8.count <= 32, method.utf8.allSatisfy(isTokenCharacter) else {
            return "the method is not a token"
        }
        // libcurl would send it as a POST of that name, and wait for a body that never comes.
        if hasBody && method == "HEAD" { return "a request with the method HEAD has a body" }
        // Their responses have other rules.
        return method == "CONNECT" || method == "TRACE" ? "the method \(method) is not supported" : nil
    }

    /// Why a header is refused, in one line without its value; nil where it is not.
    static func fault(header name: String, value: String) -> String? {
        guard !name.isEmpty, name.utf8.allSatisfy(isTokenCharacter) else { return "the name of a header is not a token" }
        guard name.utf8.count > 18 || !framing.contains(name.lowercased()) else { return "the header \(name) is not for callers" }
        // CR, LF and NUL would end the header and begin another one (RFC 9110 §5.5).
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else {
            return "the header \(name) has a control character"
        }
        return nil
    }

    /// RFC 9110 §5.6.2
    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "'"),
            UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"),
            UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
