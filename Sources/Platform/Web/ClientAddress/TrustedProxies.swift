import HTTPServer
import HTTPTypes

/// Whose word about the client's address is taken.
///
/// Each proxy appends the address it saw to X-Forwarded-For. So it is read from the right, as bytes: what stands left of the
/// entries that are believed was written by the client, and cannot change what is found. There are three ways to say which
/// entries are believed:
///
/// - by a list of addresses: as long as the one who speaks is on it, the entry that it wrote is believed. The first address
///   that is not on the list is the client;
/// - by a number of proxies, the connection's peer among them: so many entries are believed. This holds only where every request
///   comes through all of them;
/// - by a secret that a content network adds to each of its requests (``EdgeSecret``): the number of proxies then holds for
///   the requests that carry the secret, and for those alone. Without a number, `CloudFront-Viewer-Address` of these requests is
///   believed. All others are judged by the list.
package struct TrustedProxies: Sendable {
    private let blocks: [AddressBlock]
    private let hops: Int
    private let edge: EdgeSecret?

    /// Nobody: the client is always the other end of the connection.
    package static let none = TrustedProxies(blocks: [])

    /// - Parameters:
    ///   - hops: how many proxies stand before the service, the peer among them; 0 counts none
    ///   - edge: what a content network's requests carry; nil: there is none
    package init(blocks: [AddressBlock], hops: Int = 0, edge: EdgeSecret? = nil) {
        self.blocks = blocks
        self.hops = max(0, hops)
        self.edge = edge
    }

    /// Reads entries such as `10.0.0.0/8` and `fd00::/8`; nil where one is no block.
    package init?(_ entries: [String], hops: Int = 0, edge: EdgeSecret? = nil) {
        let blocks = entries.compactMap { AddressBlock($0) }
        guard blocks.count == entries.count else { return nil }
        self.init(blocks: blocks, hops: hops, edge: edge)
    }

    package var isEmpty: Bool { blocks.isEmpty && hops == 0 && edge == nil }

    /// Whether the other end of a connection is a proxy, whose connections are those of many clients.
    package func standsForMany(_ peer: String) -> Bool {
        if hops > 0 || edge != nil { return true }
        guard !blocks.isEmpty, let address = IPAddress(peer) else { return false }
        return trusts(address)
    }

    package func trusts(_ address: IPAddress) -> Bool { blocks.contains { $0.contains(address) } }

    /// Who asks, as far as those before the service are believed.
    package struct Client: Sendable, Equatable {
        /// Without port; the peer's as it is where nobody speaks for another.
        package let address: String
        /// Whether a proxy that is believed has sent the request.
        package let isProxied: Bool
    }

    /// Who has sent a request.
    /// - Parameters:
    ///   - peer: the other end of the connection.
    ///   - head: its fields are only looked at where somebody is believed.
    package func client(peer: String, _ head: RequestHead) -> Client {
        guard !isEmpty else { return Client(address: peer, isProxied: false) }
        if let edge {
            guard edge.isCarried(by: head) else { return listed(peer, head) }
            if hops > 0 { return counted(peer, head) }
            if let viewer = EdgeSecret.viewer(of: head) { return Client(address: viewer.description, isProxied: true) }
            return listed(peer, head)
        }
        return hops > 0 ? counted(peer, head) : listed(peer, head)
    }

    /// The request without the secret that proves where it came from, for all who handle it.
    package func withoutSecret(_ request: Request) -> Request {
        guard edge != nil, let head = request.head.removing(.xOriginVerify) else { return request }
        return Request(
            head: head, body: request.body, stream: request.stream, peer: request.peer, isEncrypted: request.isEncrypted,
            received: request.received, loop: request.loop)
    }

    private func listed(_ peer: String, _ head: RequestHead) -> Client {
        guard !blocks.isEmpty, var client = IPAddress(peer), trusts(client) else {
            return Client(address: peer, isProxied: false)
        }
        ForwardedFor.fromTheRight(head) { address in
            client = address
            return trusts(address)
        }
        return Client(address: client.description, isProxied: true)
    }

    private func counted(_ peer: String, _ head: RequestHead) -> Client {
        var client: IPAddress?
        var left = hops
        ForwardedFor.fromTheRight(head) { address in
            client = address
            left -= 1
            return left > 0
        }
        return Client(address: client?.description ?? peer, isProxied: true)
    }
}

/// The entries of X-Forwarded-For.
enum ForwardedFor {
    /// Hands over the addresses, the last one first, over all lines of the field, until `goesOn` is false or an entry is no
    /// address: what no proxy can have written ends the chain.
    static func fromTheRight(_ head: RequestHead, _ goesOn: (IPAddress) -> Bool) {
        for field in head.fields.reversed() where head.matches(field, .xForwardedFor) {
            var rest = head.bytes[field.value]
            while true {
                let comma = rest.lastIndex(of: UInt8(ascii: ","))
                let entry = comma.map { rest[($0 + 1)...] } ?? rest
                guard let address = address(entry), goesOn(address) else { return }
                guard let comma else { break }
                rest = rest[..<comma]
            }
        }
    }

    /// An entry: an address, perhaps with a port: `203.0.113.7:4711`, `[2001:db8::7]:4711`, `[2001:db8::7]`.
    static func address(_ entry: ArraySlice<UInt8>) -> IPAddress? {
        var text = entry
        while let first = text.first, first == 0x20 || first == 0x09 { text.removeFirst() }
        while let last = text.last, last == 0x20 || last == 0x09 { text.removeLast() }
        if text.first == UInt8(ascii: "[") {
            guard let end = text.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let rest = text[(end + 1)...]
            guard rest.isEmpty || rest.first == UInt8(ascii: ":") && isPort(rest.dropFirst()) else { return nil }
            return IPAddress(utf8: text[(text.startIndex + 1)..<end]).flatMap { $0.isIPv4 ? nil : $0 }
        }
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")), colon == text.lastIndex(of: UInt8(ascii: ":")) else {
            return IPAddress(utf8: text)
        }
        guard isPort(text[(colon + 1)...]) else { return nil }
        return IPAddress(utf8: text[..<colon])
    }

    /// A port in decimal digits.
    static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
        guard !text.isEmpty, text.count <= 5 else { return false }
        var number = 0
        for digit in text {
            guard digit >= 0x30, digit <= 0x39 else { return false }
            number = number * 10 + Int(digit - 0x30)
        }
        return number <= 65_535
    }
}
