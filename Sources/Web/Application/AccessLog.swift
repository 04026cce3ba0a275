import CSystem
import HTTPServer
import HTTPTypes
import Logging

/// One line for each answer.
struct AccessLog {
    let logger: Logger

    func write(_ response: Response, to context: RequestContext, isQuiet: Bool) {
        let request = context.request
        logger.log(
            level: isQuiet ? .debug : .info, "request",
            metadata: [
                "request_id": .string(context.requestID),
                "method": .string(request.method.rawValue),
                "path": .string(String(decoding: request.path, as: UTF8.self)),
                "route": .string(context.route ?? ""),
                "status": .stringConvertible(response.status.code),
                "client": .string(context.clientAddress),
                "duration_us": .stringConvertible(elapsed(since: request.received) / 1_000),
            ])
    }

    func write(_ response: Response, to refusal: Refusal, requestID: String) {
        logger.info(
            "request refused",
            metadata: [
                "request_id": .string(requestID), "status": .stringConvertible(response.status.code),
                "client": .string(refusal.peer), "reason": .string(refusal.reason),
            ])
    }

    private func elapsed(since start: UInt64) -> UInt64 {
        let now = csystem_monotonic()
        return now > start ? now - start : 0
    }
}
