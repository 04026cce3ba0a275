/// A request to another service.
package struct HTTPClientRequest: Sendable {
    /// What happens to an answer whose body is longer than ``maximumBodyBytes``.
    package enum OversizedBody: Sendable {
        /// The beginning is returned.
        case truncate
        /// The request fails.
        case fail
    }

    /// A token (RFC 9110 §9.1), such as `POST`.
    package var method: String
    /// http or https.
    package var url: String
    /// In the order in which they are sent. Framing (`Content-Length` and the like) is not for callers.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// From the look-up of the name to the end of the TLS handshake.
    package var connectTimeout: Duration
    /// From the call to the last byte of the answer.
    package var timeout: Duration
    /// The most bytes of the answer's body that are kept.
    package var maximumBodyBytes: Int
    package var oversizedBody: OversizedBody
    /// Which addresses the request may go to; nil for a URL of the operator's, which may go anywhere.
    package var addresses: AddressPolicy?
    /// Signs the request for Amazon Web Services.
    package var signing: AWSSigning?

    package init(
        method: String = "GET", url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        connectTimeout: Duration = .seconds(5), timeout: Duration = .seconds(30), maximumBodyBytes: Int = 1 << 20,
        oversizedBody: OversizedBody = .fail, addresses: AddressPolicy? = nil, signing: AWSSigning? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.maximumBodyBytes = maximumBodyBytes
        self.oversizedBody = oversizedBody
        self.addresses = addresses
        self.signing = signing
    }
}

extension HTTPClientRequest: CustomStringConvertible, CustomReflectable {
    /// The method and the host: headers, body and the rest of the URL may contain secrets.
    package var description: String { "\(method) \((try? RequestURL(url))?.host ?? "an invalid URL")" }
    package var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}

/// A signature of version 4 (AWS Signature Version 4 in the General Reference), which libcurl makes when it sends the request.
package struct AWSSigning: Sendable {
    /// As `eu-central-1`.
    package var region: String
    /// As `sqs`.
    package var service: String
    package var accessKey: String
    package var secretKey: String
    /// Nil for keys that do not expire.
    package var sessionToken: String?

    package init(region: String, service: String, accessKey: String, secretKey: String, sessionToken: String? = nil) {
        self.region = region
        self.service = service
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
    }
}

extension AWSSigning: CustomStringConvertible, CustomReflectable {
    /// Without the keys.
    package var description: String { "\(service) in \(region)" }
    package var customMirror: Mirror { Mirror(self, children: ["scope": description]) }
}
