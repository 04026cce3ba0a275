import Dispatch
import EventLoop
import Formats
import HTTPClient
import Logging

/// The credentials that are valid now.
///
/// Those of a container are fetched when they are first needed, and again some minutes before they expire: one fetch at a time,
/// while requests go on with the old ones. Confined to its loop.
package final class AWSCredentialsProvider {
    /// How long before their expiry credentials are renewed, as the SDKs do.
    private static let refreshWindow: Duration = .seconds(300)
    /// How long before their expiry they are no longer used: a request may take its time, and clocks differ.
    private static let expiryMargin: Duration = .seconds(15)
    private static let fetchTimeout: Duration = .seconds(5)
    /// The pause after a fetch that failed.
    private static let retryDelay: Duration = .seconds(2)
    /// The pause after a fetch that succeeded, and between fetches for refused credentials: the endpoint may give the same ones for
    /// a while, and AWS may refuse each request for another reason, such as a wrong clock. The endpoint limits requests.
    private static let refreshDelay: Duration = .seconds(30)

    private let loop: EventLoop
    private let source: AWSCredentialsSource
    private let client: HTTPClient
    private let logger: Logger
    private let now: () -> Timestamp
    private var current: AWSCredentials?
    /// When `current` were fetched.
    private var fetched: Timestamp?
    /// Whether AWS has refused `current`: requests wait for others.
    private var isRefused = false
    /// When credentials were last refused and not given up for others a moment before.
    private var refusal: Timestamp?
    /// The fetch that is in progress.
    private var fetch: Promise<AWSCredentials>?
    private var failure: (error: AWSError, until: Timestamp)?

    /// - Parameter now: the time, which tests set
    package init(
        loop: EventLoop, source: AWSCredentialsSource, client: HTTPClient, logger: Logger,
        now: @escaping () -> Timestamp = { .now }
    ) {
        self.loop = loop
        self.source = source
        self.client = client
        self.logger = logger
        self.now = now
    }

    /// Credentials to sign with.
    package func credentials() async throws(AWSError) -> AWSCredentials {
        loop.assertInLoop()
        let endpoint: AWSCredentialsSource.Endpoint
        switch source {
        case .keys(let keys): return keys
        case .container(let container): endpoint = container
        }
        let time = now()
        if let current, !isRefused {
            guard let expiry = current.expiry else { return current }
            if time < expiry - Self.refreshWindow { return current }
            if time < expiry - Self.expiryMargin {
                if !isRecent(fetched, at: time) { _ = refresh(from: endpoint, at: time) }
                return current
            }
        }
        guard let fetch = refresh(from: endpoint, at: time) else {
            throw failure?.error ?? AWSError(.credentials, "there are no credentials")
        }
        do { return try await fetch.value() } catch let error as AWSError { throw error } catch {
            throw AWSError(.cancelled, "the task was cancelled")
        }
    }

    /// AWS does not accept these: the next request fetches others, unless a fetch for this reason was made a moment ago. Then they
    /// stay in use.
    package func invalidate(_ credentials: AWSCredentials) {
        loop.assertInLoop()
        let time = now()
        guard current == credentials, !isRecent(refusal, at: time) else { return }
        isRefused = true
        refusal = time
    }

    /// Whether an event lies less than ``refreshDelay`` back. The clock may have been set back since.
    private func isRecent(_ event: Timestamp?, at time: Timestamp) -> Bool {
        guard let event else { return false }
        return event <= time && time < event + Self.refreshDelay
    }

    /// The fetch in progress, or a new one; nil during the pause after one that failed.
    private func refresh(from endpoint: AWSCredentialsSource.Endpoint, at time: Timestamp) -> Promise<AWSCredentials>? {
        if let fetch { return fetch }
        if let failure, time < failure.until { return nil }
        let promise = Promise<AWSCredentials>(on: loop)
        fetch = promise
        // The fetch is for all requests: it must not end with the deadline of the one that needs it first.
        Deadline.$current.withValue(.after(Self.fetchTimeout)) {
            _ = loop.run { [self] in
                do throws(AWSError) {
                    let credentials = try await fetchOnce(from: endpoint)
                    (current, fetched, isRefused, failure, fetch) = (credentials, now(), false, nil, nil)
                    promise.succeed(credentials)
                } catch {
                    if failure == nil { logger.warning("no credentials for AWS", metadata: ["reason": "\(error.message)"]) }
                    (failure, fetch) = ((error, now() + Self.retryDelay), nil)
                    promise.fail(error)
                }
            }
        }
        return promise
    }

    private func fetchOnce(from endpoint: AWSCredentialsSource.Endpoint) async throws(AWSError) -> AWSCredentials {
        var headers = [(name: "Accept", value: "application/json")]
        switch endpoint.authorization {
        case nil: break
        case .token(let token): headers.append((name: "Authorization", value: token.reveal()))
        case .file(let path): headers.append((name: "Authorization", value: try await Self.token(in: path).reveal()))
        }
        let request = HTTPClientRequest(
            url: endpoint.url, headers: headers, connectTimeout: .seconds(2), timeout: Self.fetchTimeout,
            maximumBodyBytes: 64 << 10)
        let response: HTTPClientResponse
        do throws(HTTPClientError) { response = try await client.send(request) } catch {
            throw AWSError(.credentials, "the endpoint of the credentials: \(error.message)")
        }
        guard response.status == 200 else {
            throw AWSError(.credentials, "the endpoint of the credentials answered \(response.status)")
        }
        let credentials = try AWSCredentials(document: response.body)
        if let expiry = credentials.expiry, now() >= expiry - Self.expiryMargin {
            throw AWSError(.credentials, "the endpoint of the credentials answered with expired ones")
        }
        return credentials
    }

    /// Reads the file on a thread of its own: the loop must not wait for a disk.
    private static func token(in path: String) async throws(AWSError) -> Secret {
        let read: Result<Secret, SecretFile.Fault> = await withUnsafeContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    returning: Result { () throws(SecretFile.Fault) in try SecretFile.read(path) })
            }
        }
        do throws(SecretFile.Fault) { return try read.get() } catch {
            throw AWSError(.credentials, "the file of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be used: \(error)")
        }
    }
}
