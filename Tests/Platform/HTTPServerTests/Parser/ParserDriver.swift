@testable import HTTPServer

/// What a parser made of a stream: the requests it found, and the status it refused the rest with.
struct Verdict: Equatable, CustomStringConvertible {
    var requests: [String] = []
    var refusal: Int?
    var description: String { "\(requests) \(refusal.map(String.init) ?? "-")" }
}

/// Feeds a parser pieces, the way a connection does.
struct ParserDriver {
    var parser: RequestParser
    var verdict = Verdict()
    var announced = 0
    var continues = 0
    var heads: [ParsedRequest] = []
    /// Whether bodies are taken piece by piece; what comes of it must be the same.
    private let streams: Bool
    private var begun: ParsedRequest?
    private var pieces: [UInt8] = []

    init(limits: HTTPLimits = HTTPLimits(), streams: Bool = false) {
        parser = RequestParser(limits: limits)
        self.streams = streams
    }

    mutating func feed(_ bytes: [UInt8]) {
        var position = 0
        while true {
            let before = position
            switch parser.next(bytes.span, from: &position) {
            case .incomplete:
                precondition(position == bytes.count, "input left over")
                return
            case .announced:
                announced += 1
                parser.streamsBody = streams
            case .continueExpected: continues += 1
            case .begun(let request):
                precondition(begun == nil && request.body.isEmpty, "a body begins in another")
                begun = request
                if request.awaitsContinue { continues += 1 }
            case .piece(let bytes):
                precondition(begun != nil && !bytes.isEmpty, "a piece of nothing")
                pieces += bytes
            case .bodyEnded:
                guard let head = begun?.head, let keepsAlive = begun?.keepsAlive else {
                    preconditionFailure("an end without a beginning")
                }
                let request = ParsedRequest(head: head, body: pieces, keepsAlive: keepsAlive)
                begun = nil
                pieces = []
                heads.append(request)
                verdict.requests.append(Self.describe(request))
            case .complete(let request):
                precondition(position > before || before == bytes.count, "no progress")
                heads.append(request)
                verdict.requests.append(Self.describe(request))
            case .refused(let fault):
                verdict.refusal = fault.status.code
                return
            }
        }
    }

    /// Everything that the request says, in one line.
    static func describe(_ request: ParsedRequest) -> String {
        let head = request.head
        func text(_ range: Range<Int>) -> String { String(decoding: head.bytes[range], as: UTF8.self) }
        var line = "\(head.method.rawValue) \(text(head.path))"
        if let query = head.query { line += "?\(text(query))" }
        line += head.isHTTP11 ? " 1.1" : " 1.0"
        if !request.keepsAlive { line += " close" }
        for field in head.fields { line += " [\(text(field.name))=\(text(field.value))]" }
        return line + " \(String(decoding: request.body, as: UTF8.self))"
    }

    static func verdict(_ pieces: [[UInt8]], limits: HTTPLimits = HTTPLimits(), streams: Bool = false) -> Verdict {
        var driver = ParserDriver(limits: limits, streams: streams)
        for piece in pieces where driver.verdict.refusal == nil { driver.feed(piece) }
        return driver.verdict
    }

    /// The verdict on a text given whole.
    static func verdict(_ text: String, limits: HTTPLimits = HTTPLimits()) -> Verdict {
        verdict([Array(text.utf8)], limits: limits)
    }

    /// The first verdict that splitting changes, or streaming: whole, byte by byte, at every offset into two, or in pieces
    /// of each of these sizes; nil where they all agree.
    static func disagreement(_ bytes: [UInt8], limits: HTTPLimits = HTTPLimits()) -> String? {
        let whole = verdict([bytes], limits: limits)
        for streams in [false, true] {
            for size in [1, 2, 3, 5, 7, 13, max(1, bytes.count)] {
                let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
                let split = verdict(pieces, limits: limits, streams: streams)
                if split != whole { return "pieces of \(size), streamed \(streams): \(split), whole: \(whole)" }
            }
            for offset in 0...bytes.count {
                let split = verdict([Array(bytes[..<offset]), Array(bytes[offset...])], limits: limits, streams: streams)
                if split != whole { return "split at \(offset), streamed \(streams): \(split), whole: \(whole)" }
            }
        }
        return nil
    }
}
