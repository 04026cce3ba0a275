import EventLoop
import HTTPServer
import Logging
import Observability
import Web

/// The same behind all that every request of the shop goes through: routing, middlewares, metrics, and its line in the
/// access log, written as JSON to standard output.
enum ShopFrame {
    static func server() throws -> BareServer {
        let sink = LogSink(format: .json)
        LogSystem.bootstrap(level: .info, format: .json, sink: sink)
        return try BareServer { _ in
            let router = Router()
            router.get("/v1/products/{id}", .open(to: .everyone)) { _ in
                Response(.ok, headers: FixedReply.headers, body: FixedReply.body)
            }
            return Application(
                router: router, middlewares: [CORSMiddleware(origins: AllowedOrigins(["https://shop.example"]))],
                logger: Logger(label: "benchmark"))
        }
    }
}
