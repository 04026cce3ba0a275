import EventLoop
import HTTPClient
import Logging

/// The keys of all trusted issuers, and the loop on which they are fetched: a key set can be long, and reading it must not hold up
/// requests.
// Unchecked: `client` is used on the loop only.
package final class IssuerDirectory: @unchecked Sendable {
    /// In the order of the settings.
    package let issuers: [IssuerKeys]
    /// Nil where no issuer is trusted.
    private let loop: EventLoop?
    private let settings: IssuerKeySettings
    private let logger: Logger
    private var client: HTTPClient?

    /// - Throws: ``SystemError`` if the process has no file descriptors left.
    package init(_ issuers: [TrustedIssuer], settings: IssuerKeySettings, logger: Logger) throws(SystemError) {
        self.settings = settings
        self.logger = logger
        guard !issuers.isEmpty else {
            loop = nil
            self.issuers = []
            return
        }
        let loop = try EventLoop(label: "issuers")
        self.loop = loop
        self.issuers = issuers.map { IssuerKeys($0, settings: settings, loop: loop, logger: logger) }
    }

    /// Fetches the keys for the first time, and from then on when they are due.
    package func start() {
        loop?.execute { [self] in
            guard let loop else { return }
            let client = HTTPClient(
                loop: loop, settings: HTTPClientSettings(name: "issuers", userAgent: settings.userAgent), logger: logger)
            self.client = client
            for issuer in issuers { issuer.start(client) }
        }
    }

    /// Ends all fetches.
    package func close() {
        loop?.execute { [self] in
            for issuer in issuers { issuer.close() }
            guard let loop, let client else { return }
            loop.run {
                await client.close()
                loop.stop()
            }
        }
    }
}
