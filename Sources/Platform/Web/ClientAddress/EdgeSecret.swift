import HTTPServer
import HTTPTypes

/// The secret that a content network (CloudFront) adds to each request in `X-Origin-Verify`. A request with the secret came through
/// the network, whose report on the viewer is believed.
package struct EdgeSecret: Sendable {
    private let secrets: [[UInt8]]

    /// - Parameters:
    ///   - secret: the current one
    ///   - other: during a rotation the previous or next one
    package init(_ secret: String, _ other: String? = nil) {
        secrets = [Array(secret.utf8)] + (other.map { [Array($0.utf8)] } ?? [])
    }

    /// Whether a request carries the secret. All secrets are compared, each in constant time. A request with two of these headers is
    /// not proved: one of them is not the network's.
    func isCarried(by head: RequestHead) -> Bool {
        var count = 0
        var isRight = false
        head.forEach(.xOriginVerify) { value in
            count += 1
            for secret in secrets where ConstantTime.equals(value, secret) { isRight = true }
        }
        return count == 1 && isRight
    }

    /// The viewer's address from `CloudFront-Viewer-Address`: address, colon, port, and an address of IPv6
    /// without brackets (Amazon CloudFront Developer Guide, "Add CloudFront request headers"). Nil where the header is
    /// missing, repeated or malformed.
    static func viewer(of head: RequestHead) -> IPAddress? {
        var values: [ArraySlice<UInt8>] = []
        head.forEach(.cloudFrontViewerAddress) { values.append($0) }
        guard values.count == 1, let value = values.first else { return nil }
        // With brackets, or IPv4: the common form.
        if value.first == UInt8(ascii: "[") || !value.contains(UInt8(ascii: ":")) { return ForwardedFor.address(value) }
        guard let colon = value.lastIndex(of: UInt8(ascii: ":")), ForwardedFor.isPort(value[(colon + 1)...]) else { return nil }
        return IPAddress(utf8: value[..<colon])
    }
}

extension EdgeSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Hides the secret, which must not reach a log by interpolation.
    package var description: String { "EdgeSecret(…)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
