import Configuration
import CoreMetrics
import Dispatch
import EventLoop
import HTTPServer
import Logging
import Synchronization
import TLS

/// Looks after the server's certificate: takes a new one into use when its files change, and tells when it ends. Also changes the
/// keys of tickets, which would else be those of the process for as long as it lives.
///
/// The files are looked at off the loop, since that may block. Where the new ones cannot be used, the old one stays.
final class CertificateWatch: Sendable {
    private let settings: TLSSettings
    private let certificates: CertificateStore
    private let logger: Logger
    private let queue = DispatchQueue(label: "certificate")
    private let seen: Mutex<[Int]?>
    private let isStopped = Atomic(false)

    init(_ settings: TLSSettings, certificates: CertificateStore, logger: Logger) {
        self.settings = settings
        self.certificates = certificates
        self.logger = logger
        seen = Mutex(settings.source.stamp)
        expires(settings.context)
    }

    /// Looks from now on, timed by `loop`.
    func start(on loop: EventLoop) {
        loop.execute { [self] in
            rotateLater(loop)
            if case .files = settings.source { lookLater(loop) }
        }
    }

    private func rotateLater(_ loop: EventLoop) {
        loop.schedule(after: settings.ticketLifetime) { [self] in
            guard !isStopped.load(ordering: .relaxed) else { return }
            // On the queue that replaces the context, so that no new certificate is lost.
            queue.async { self.rotate() }
            rotateLater(loop)
        }
    }

    private func rotate() {
        do throws(TLSError) {
            certificates.replace(with: try certificates.current.renewed())
            logger.info("the keys of TLS tickets were changed")
        } catch {
            logger.error("the keys of TLS tickets cannot be changed", metadata: ["error": "\(error)"])
        }
    }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    private func lookLater(_ loop: EventLoop) {
        loop.schedule(after: settings.reloadInterval) { [self] in
            guard !isStopped.load(ordering: .relaxed) else { return }
            queue.async { self.look() }
            lookLater(loop)
        }
    }

    private func look() {
        let stamp = settings.source.stamp
        let isNew = seen.withLock { seen in
            defer { seen = stamp }
            return seen != stamp
        }
        guard isNew else { return }
        do throws(TLSError) {
            let context = try TLSServerContext(settings.source.read())
            certificates.replace(with: context)
            expires(context)
            logger.notice("the certificate was read anew", metadata: ["expires": .stringConvertible(context.expires)])
        } catch {
            // Perhaps half of it is written; the next change is looked at again.
            logger.error("the new certificate cannot be used, the old one stays", metadata: ["error": "\(error)"])
        }
    }

    private func expires(_ context: TLSServerContext) {
        Gauge(label: "http_server_tls_certificate_expiry_timestamp_seconds").record(context.expires)
    }
}
