import HTTPServer
import HTTPTypes

/// The proxies whose reports on the client's address are believed.
///
/// Each proxy appends the address of its own client to X-Forwarded-For. So the header is read from the right, as bytes: the entries
/// left of those that are believed come from the client, and cannot change the result. There are three ways to configure which
/// entries are believed:
///
/// - a list of addresses: an entry is believed if the proxy that wrote it is on the list. The first address that is not on the
///   list is the client;
/// - a number of proxies, including the connection's peer: so many entries are believed. This is right only where every request
///   comes through all of them;
/// - a secret that a content network adds to each of its requests (``EdgeSecret``): the number of proxies then holds only for
///   requests with the secret. Without a number, `CloudFront-Viewer-Address` of these requests is believed. The list decides about
///   all other requests.
package struct TrustedProxies: Sendable {
    private let blocks: [AddressBlock]
    private let hops: Int
    private let edge: EdgeSecret?

    /// No proxy: the client is always the other end of the connection.
    package static let none = TrustedProxies(blocks: [])

    /// - Parameters:
    ///   - hops: how many proxies stand before the service, including the peer; 0 where the list decides
    ///   - edge: the secret of a content network; nil without one
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

    /// Whether the other end of a connection is a proxy with connections of many clients.
    package func standsForMany(_ peer: String) -> Bool {
        if hops > 0 || edge != nil { return true }
        guard !blocks.isEmpty, let address = IPAddress(peer) else { return false }
        return trusts(address)
    }

    package func trusts(_ address: IPAddress) -> Bool { blocks.contains { $0.contains(address) } }

    /// The client of a request, by the proxies that are believed.
    package struct Client: Sendable, Equatable {
        /// Without port; the peer's own address where no proxy is believed.
        package let address: String
        /// Whether a trusted proxy sent the request.
        package let isProxied: Bool
    }

    /// Finds the client of a request.
    /// - Parameters:
    ///   - peer: the other end of the connection
    ///   - head: its headers count only where a proxy is trusted
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

    /// The request without the secret of the content network, which handlers must not see.
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
        ForwardedFor.forEachReversed(head) { address in
            client = address
            return trusts(address)
        }
        return Client(address: client.description, isProxied: true)
    }

    private func counted(_ peer: String, _ head: RequestHead) -> Client {
        var client: IPAddress?
        var left = hops
        ForwardedFor.forEachReversed(head) { address in
            client = address
            left -= 1
            return left > 0
        }
        return Client(address: client?.description ?? peer, isProxied: true)
    }
}

/// The entries of X-Forwarded-For.
enum ForwardedFor {
    /// Calls `next` with the addresses of all lines of the header, the last one first, until it returns false or an entry is no
    /// address: no proxy writes such an entry, so the chain ends there.
    static func forEachReversed(_ head: RequestHead, _ next: (IPAddress) -> Bool) {
        for field in head.fields.reversed() where head.matches(field, .xForwardedFor) {
            var rest = head.bytes[field.value]
            while true {
                let comma = rest.lastIndex(of: UInt8(ascii: ","))
                let entry = comma.map { rest[($0 + 1)...] } ?? rest
                guard let address = address(entry), next(address) else { return }
                guard let comma else { break }
                rest = rest[..<comma]
            }
        }
    }

    /// Reads an entry, an address with or without a port: `203.0.113.7:4711`, `[2001:db8::7]:4711`, `[2001:db8::7]`.
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
