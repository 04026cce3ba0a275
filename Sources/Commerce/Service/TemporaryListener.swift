import EventLoop
import Logging
import PostgresClient
final class PostgresListener {
    enum Event { case listening, notification(String, String), lost }
    init(loop: EventLoop, configuration: PostgresConfiguration, channels: [String], logger: Logger) {}
    func start(_ body: @escaping (Event) -> Void) {}
    func close() async {}
}
enum Schema { static let requiredVersion = 3 }
