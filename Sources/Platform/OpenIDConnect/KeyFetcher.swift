import EventLoop
import Formats
import HTTPClient
import JWT

/// Fetches the keys of an issuer: by its discovery document, or from a URL of the settings. Redirects are not followed.
struct KeyFetcher {
    let issuer: TrustedIssuer
    let settings: IssuerKeySettings
    let client: HTTPClient

    /// Why there are no keys: one line for the operator.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    /// - Returns: the keys, and for how long the response says that they are valid.
    func fetch() async throws(Failure) -> (keys: IssuerKeySet, maximumAge: Duration?) {
        let deadline = Deadline.after(settings.timeout)
        let url = if let url = issuer.keysURL { url } else { try await discover(by: deadline) }
        let response = try await get(url, "the key set", by: deadline)
        do throws(JWTError) {
            return (try IssuerKeySet(response.body), response.header("Cache-Control").flatMap(Self.maximumAge))
        } catch { throw Failure(error.description) }
    }

    /// The URL of the keys, as the discovery document has it (OpenID Connect Discovery 1.0 section 4).
    private func discover(by deadline: Deadline) async throws(Failure) -> String {
        let response = try await get(issuer.discoveryURL, "the discovery document", by: deadline)
        guard let document = try? JSONValue.parse(response.body, maximumDepth: 16) else {
            throw Failure("the discovery document is not valid JSON")
        }
        // Section 4.3: otherwise one issuer could speak for another.
        guard document["issuer"]?.stringValue?.hasSameBytes(as: issuer.issuer) == true else {
            throw Failure("the discovery document is that of another issuer")
        }
        guard let url = document["jwks_uri"]?.stringValue else { throw Failure("the discovery document has no \"jwks_uri\"") }
        if let fault = IssuerURL.fault(url, allowsPlainHTTP: issuer.allowsPlainHTTP) {
            throw Failure("the \"jwks_uri\" of the discovery document \(fault)")
        }
        return url
    }

    private func get(_ url: String, _ name: String, by deadline: Deadline) async throws(Failure) -> HTTPClientResponse {
        let request = HTTPClientRequest(
            url: url, headers: [("Accept", "application/json")], connectTimeout: settings.timeout, timeout: settings.timeout,
            maximumBodyBytes: settings.maximumBytes)
        let result = await Deadline.$current.withValue(deadline) { () async -> Result<HTTPClientResponse, HTTPClientError> in
            do throws(HTTPClientError) { return .success(try await client.send(request)) } catch { return .failure(error) }
        }
        switch result {
        case .failure(let error): throw Failure("\(name) cannot be fetched: \(error)")
        case .success(let response):
            guard response.status == 200 else { throw Failure("\(name) cannot be fetched: status \(response.status)") }
            return response
        }
    }

    /// The `max-age` of a Cache-Control header (RFC 9111 section 5.2.2.1); nil where there is none.
    static func maximumAge(_ header: String) -> Duration? {
        for directive in header.utf8.split(separator: UInt8(ascii: ",")) {
            let text = String(decoding: directive.drop { $0 == 0x20 || $0 == 0x09 }, as: UTF8.self).lowercased()
            guard text.hasPrefix("max-age=") else { continue }
            let digits = text.dropFirst(8).prefix { ("0"..."9").contains($0) }
            // Longer numbers mean years.
            return Int64(digits.prefix(9)).map { .seconds($0) }
        }
        return nil
    }
}
