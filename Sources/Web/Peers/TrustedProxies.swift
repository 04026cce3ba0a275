/// Whose word about the client's address is taken.
///
/// Each proxy appends the address it saw to X-Forwarded-For. So, from the right: as long as the one who speaks is
/// trusted, the entry it wrote is believed; the first address that is not a trusted proxy is the client. What stands
/// left of it, the client wrote itself.
package struct TrustedProxies: Sendable {
    private let blocks: [AddressBlock]

    /// Nobody: the client is always the other end of the connection.
    package static let none = TrustedProxies(blocks: [])

    package init(blocks: [AddressBlock]) { self.blocks = blocks }

    /// Reads entries such as `10.0.0.0/8` and `fd00::/8`; nil where one is no block.
    package init?(_ entries: [String]) {
        let blocks = entries.compactMap { AddressBlock($0) }
        guard blocks.count == entries.count else { return nil }
        self.blocks = blocks
    }

    package var isEmpty: Bool { blocks.isEmpty }

    package func trusts(_ address: IPAddress) -> Bool { blocks.contains { $0.contains(address) } }

    /// The client's address.
    /// - Parameters:
    ///   - peer: the other end of the connection.
    ///   - forwarded: the values of X-Forwarded-For, in their order; only asked for where the peer is trusted.
    package func client(peer: String, forwarded: @autoclosure () -> [String]) -> String {
        guard !blocks.isEmpty, var client = IPAddress(peer), trusts(client) else { return peer }
        let entries = forwarded().lazy.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
        for entry in entries.reversed() {
            // What a trusted proxy cannot have written ends the chain.
            guard let address = TrustedProxies.address(entry) else { break }
            client = address
            guard trusts(address) else { break }
        }
        return client.description
    }

    /// An entry: an address, perhaps with a port: `203.0.113.7:4711`, `[2001:db8::7]:4711`, `[2001:db8::7]`.
    static func address(_ entry: Substring) -> IPAddress? {
        var text = entry.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" && isPort(rest.dropFirst()) else { return nil }
            return IPAddress(text[text.index(after: text.startIndex)..<end]).flatMap { $0.isIPv4 ? nil : $0 }
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return IPAddress(text) }
        guard isPort(parts[1]), let address = IPAddress(parts[0]) else { return nil }
        return address
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } && UInt16(text) != nil
    }
}
