import EventLoop
import Formats
import HTTPClient
import Logging

/// Sends signed requests to services of AWS. Confined to its loop; the HTTP client is its owner's.
package final class AWSClient {
    private let client: HTTPClient
    private let provider: AWSCredentialsProvider
    private let timeout: Duration

    /// - Parameter timeout: of a request, without the time for credentials
    package init(client: HTTPClient, provider: AWSCredentialsProvider, timeout: Duration = .seconds(15)) {
        self.client = client
        self.provider = provider
        self.timeout = timeout
    }

    /// Posts a body to a service and waits for the answer, whatever its status is.
    package func post(
        _ body: [UInt8], to url: String, service: String, region: String, headers: [(name: String, value: String)]
    ) async throws(AWSError) -> AWSResponse {
        let credentials = try await provider.credentials()
        let request = HTTPClientRequest(
            method: "POST", url: url, headers: headers, body: body, timeout: timeout, maximumBodyBytes: 1 << 20,
            signing: credentials.signing(region: region, service: service))
        do throws(HTTPClientError) {
            let response = AWSResponse(try await client.send(request))
            if response.refusesCredentials { provider.invalidate(credentials) }
            return response
        } catch {
            throw AWSError(error.kind == .cancelled || error.kind == .closed ? .cancelled : .connection, error.message)
        }
    }
}

/// The answer of a service of AWS, in JSON or, from older services, XML.
package struct AWSResponse: Sendable {
    package let status: Int
    package let body: [UInt8]
    /// As in `ThrottlingException`; nil for a success.
    package let errorCode: String?
    /// What the service says about the error, in one line.
    package let errorMessage: String?
    package let retryAfter: String?

    init(_ response: HTTPClientResponse) {
        status = response.status
        body = response.body
        retryAfter = response.header("retry-after")
        guard response.status >= 300 else {
            errorCode = nil
            errorMessage = nil
            return
        }
        var code: String?
        var message: String?
        if let json = try? JSONValue.parse(response.body) {
            // As in com.amazonaws.sqs#QueueDoesNotExist.
            code = json["__type"]?.stringValue?.split(separator: "#").last.map(String.init)
            message = json["message"]?.stringValue ?? json["Message"]?.stringValue
        } else if let root = XMLElement.parse(response.body) {
            // The root itself in the form of S3.
            let error = root.name == "Error" ? root : root["Error"]
            code = error?["Code"]?.text
            message = error?["Message"]?.text
        }
        errorCode = code.map { Self.line($0, upTo: 100) }
        errorMessage = message.map { Self.line($0, upTo: 300) }
    }

    /// Whether other credentials may help.
    var refusesCredentials: Bool {
        switch errorCode {
        case "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException",
            "InvalidSignatureException",
            "SignatureDoesNotMatch", "IncompleteSignature":
            true
        default: false
        }
    }

    private static func line(_ text: String, upTo count: Int) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(count).map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }))
    }
}
