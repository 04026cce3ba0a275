import Configuration
import CoreMetrics
import Dispatch
import EventLoop
import HTTPServer
import Logging
import Synchronization
import TLS

/// Reloads the server's certificate when its files change, reports when it expires, and rotates the keys of TLS tickets, which
/// would otherwise last as long as the process.
///
/// The files are read off the loop, since that may block. If the new files cannot be used, the old certificate stays.
final class CertificateReloader: Sendable {
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
        recordExpiry(settings.context)
    }

    /// Starts the timers, on `loop`.
    func start(on loop: EventLoop) {
        loop.execute { [self] in
            scheduleRotation(loop)
            if case .files = settings.source { scheduleCheck(loop) }
        }
    }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    private func scheduleRotation(_ loop: EventLoop) {
        loop.schedule(after: settings.ticketLifetime) { [self] in
            guard !isStopped.load(ordering: .relaxed) else { return }
            // On the same queue as reloading, so that rotation cannot bring an old certificate back.
            queue.async { self.rotateTicketKeys() }
            scheduleRotation(loop)
        }
    }

    private func rotateTicketKeys() {
        do throws(TLSError) {
            certificates.replace(with: try certificates.current.renewed())
            logger.info("the keys of TLS tickets were changed")
        } catch {
            logger.error("the keys of TLS tickets cannot be changed", metadata: ["error": "\(error)"])
        }
    }

    private func scheduleCheck(_ loop: EventLoop) {
        loop.schedule(after: settings.reloadInterval) { [self] in
            guard !isStopped.load(ordering: .relaxed) else { return }
            queue.async { self.reloadIfChanged() }
            scheduleCheck(loop)
        }
    }

    private func reloadIfChanged() {
        let stamp = settings.source.stamp
        let isNew = seen.withLock { seen in
            defer { seen = stamp }
            return seen != stamp
        }
        guard isNew else { return }
        do throws(TLSError) {
            let context = try TLSServerContext(settings.source.read())
            certificates.replace(with: context)
            recordExpiry(context)
            logger.notice("the certificate was reloaded", metadata: ["expires": .stringConvertible(context.expires)])
        } catch {
            // A file may be half written; its next change starts another attempt.
            logger.error("the new certificate cannot be used, the old one stays", metadata: ["error": "\(error)"])
        }
    }

    private func recordExpiry(_ context: TLSServerContext) {
        Gauge(label: "http_server_tls_certificate_expiry_timestamp_seconds").record(context.expires)
    }
}
