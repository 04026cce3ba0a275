import Money
import Formats
import Web

// Where others are: URLs, origins, address ranges.

extension SettingFormat where Value == String {
    /// A libpq URL. Its host and parameters are for libpq to judge.
    static var databaseURL: SettingFormat {
        text("a URL like postgresql://user:password@host:5432/name") { text in
            text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
        }
    }

    /// A Redis URL; its rest is for the client to judge.
    static var redisURL: SettingFormat {
        text("a URL like redis://user:password@host:6379") { text in
            text.hasPrefix("redis://") || text.hasPrefix("rediss://")
        }
    }

    /// A host's name or address; for PostgreSQL also the directory of its socket.
    static var host: SettingFormat {
        text("a host name or address") { text in
            text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"@?#[]%,".utf8.contains($0) }
        }
    }

    /// An absolute http(s) URL, or a path from the root.
    static var imageBase: SettingFormat {
        let form = text("an http or https URL, or a path like /assets") { text in
            let isAddress = text.hasPrefix("https://") || text.hasPrefix("http://") || text.hasPrefix("/")
            return isAddress && !text.contains { $0 == " " || $0 == "?" || $0 == "#" }
        }
        return SettingFormat(
            expectation: form.expectation,
            read: { text in
                guard var base = form.read(text) else { return nil }
                while base.hasSuffix("/") { base.removeLast() }
                return base
            },
            write: { $0 })
    }

    /// A serialised origin (RFC 6454 §6.2), or `*`.
    static var origin: SettingFormat {
        text("an origin like https://shop.example, or *") { text in
            guard text != "*" else { return true }
            guard let scheme = text.firstRange(of: "://"), ["http", "https"].contains(text[..<scheme.lowerBound]) else {
                return false
            }
            let host = text[scheme.upperBound...]
            return !host.isEmpty
                && host.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"),
                        UInt8(ascii: "["), UInt8(ascii: "]"):
                        true
                    default: false
                    }
                }
        }
    }

    /// An address block, as the one who trusts it reads it.
    static var addressRange: SettingFormat {
        text("an address or range like 10.0.0.0/16") { AddressBlock($0) != nil }
    }

    /// A numeric address; `localhost` is the one of IPv4.
    static var listenAddress: SettingFormat {
        SettingFormat(
            expectation: "a numeric address like 0.0.0.0 or ::",
            read: { $0.lowercased() == "localhost" ? "127.0.0.1" : IPAddress($0) == nil ? nil : $0 },
            write: { $0 })
    }
}

extension SettingFormat where Value == CurrencyCode {
    /// A currency in use.
    static var currency: SettingFormat {
        SettingFormat(
            expectation: "an ISO 4217 code like USD", read: { CurrencyCode($0.asciiUppercased) }, write: { $0.code })
    }
}
