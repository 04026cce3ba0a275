import CCurl

/// The parts of a URL that are judged before a request, as libcurl itself reads them: a second parser might read something else.
package struct RequestURL: Equatable, Sendable {
    /// http or https, in lower case.
    package let scheme: String
    /// An IPv6 address in brackets.
    package let host: String
    /// The scheme's own where the URL has none.
    package let port: Int
    package let hasUserInfo: Bool

    /// - Throws: ``HTTPClientError/Kind/invalidURL``, with a message that does not contain the URL.
    package init(_ text: String) throws(HTTPClientError) {
        // libcurl's limit is in megabytes.
        guard text.utf8.count <= 8_192 else { throw HTTPClientError(.invalidURL, "the URL is longer than 8192 bytes") }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
            throw HTTPClientError(.invalidURL, "the URL has a space or a control character")
        }
        // libcurl reads https:/host and https:///host as https://host.
        guard Self.hasTwoSlashes(text) else {
            throw HTTPClientError(.invalidURL, "the URL must have a scheme and a host, as in https://shop.example")
        }
        guard CurlLibrary.fault == nil, let url = curl_url() else {
            throw HTTPClientError(.unavailable, "libcurl is not available")
        }
        defer { curl_url_cleanup(url) }
        let code = curl_url_set(url, CURLUPART_URL, text, UInt32(CURLU_NON_SUPPORT_SCHEME))
        guard code == CURLUE_OK else {
            throw HTTPClientError(.invalidURL, "the URL is not valid: \(String(cString: curl_url_strerror(code)))")
        }
        func part(_ part: CURLUPart, _ flags: UInt32 = 0) -> String? {
            var value: UnsafeMutablePointer<CChar>?
            guard curl_url_get(url, part, &value, flags) == CURLUE_OK, let value else { return nil }
            defer { curl_free(value) }
            return String(cString: value)
        }
        guard let scheme = part(CURLUPART_SCHEME)?.lowercased(), scheme == "http" || scheme == "https" else {
            throw HTTPClientError(.invalidURL, "the URL must begin with https:// or http://")
        }
        guard let host = part(CURLUPART_HOST), !host.isEmpty else { throw HTTPClientError(.invalidURL, "the URL has no host") }
        guard let port = part(CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT)).flatMap({ Int($0) }), (1...65_535).contains(port) else {
            throw HTTPClientError(.invalidURL, "the port of the URL is not from 1 to 65535")
        }
        self.scheme = scheme
        self.host = host
        self.port = port
        hasUserInfo = part(CURLUPART_USER) != nil || part(CURLUPART_PASSWORD) != nil
    }

    /// Whether exactly two slashes follow the scheme.
    private static func hasTwoSlashes(_ text: String) -> Bool {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        return text.utf8[colon...].dropFirst().prefix { $0 == UInt8(ascii: "/") }.count == 2
    }

    /// - Throws: ``HTTPClientError/Kind/invalidURL`` where a policy refuses the URL.
    package func check(_ policy: AddressPolicy) throws(HTTPClientError) {
        guard let fault = policy.fault(scheme: scheme, port: port, hasUserInfo: hasUserInfo) else { return }
        throw HTTPClientError(.invalidURL, "the URL \(fault)")
    }
}
