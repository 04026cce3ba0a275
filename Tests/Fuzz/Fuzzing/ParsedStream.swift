import HTTPServer

/// What a request parser made of a stream.
struct ParsedStream: Equatable {
    struct Message: Equatable {
        let head: [UInt8]
        let method: String
        let isHTTP11: Bool
        let keepsAlive: Bool
        let path: Range<Int>
        let query: Range<Int>?
        let names: [Range<Int>]
        let values: [Range<Int>]
        let body: [UInt8]

        init(_ request: ParsedRequest, body: [UInt8]? = nil) {
            head = request.head.bytes
            method = request.head.method.rawValue
            isHTTP11 = request.head.isHTTP11
            keepsAlive = request.keepsAlive
            path = request.head.path
            query = request.head.query
            names = request.head.fields.map(\.name)
            values = request.head.fields.map(\.value)
            self.body = body ?? request.body
        }

        /// The values of a field, its name in lower case.
        func values(of name: String) -> [ArraySlice<UInt8>] {
            zip(names, values).filter { name.utf8.elementsEqual(head[$0.0].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }) }
                .map { head[$0.1] }
        }
    }

    var messages: [Message] = []
    var refusal: RequestError?
    /// Whether bodies were taken piece by piece.
    private let streams: Bool
    private var begun: ParsedRequest?
    private var body: [UInt8] = []

    /// Feeds a parser the pieces, as a connection does.
    init(_ pieces: [ArraySlice<UInt8>], limits: HTTPLimits, streams: Bool = false) throws(FuzzFault) {
        self.streams = streams
        var parser = RequestParser(limits: limits)
        for piece in pieces {
            try feed(&parser, Array(piece))
            if refusal != nil { return }
        }
    }

    /// Whether both saw the same requests and refused the same way.
    static func == (left: ParsedStream, right: ParsedStream) -> Bool {
        left.messages == right.messages && left.refusal == right.refusal
    }

    private mutating func feed(_ parser: inout RequestParser, _ bytes: [UInt8]) throws(FuzzFault) {
        var position = 0
        // A request is announced, expected, begun, complete; each takes bytes before it is all of that again.
        for _ in 0...(4 * bytes.count + 4) {
            let before = position
            let step = parser.next(bytes.span, from: &position)
            try hold(before <= position && position <= bytes.count, "the place of the parser runs away")
            switch step {
            case .announced: parser.streamsBody = streams
            case .continueExpected: break
            case .begun(let request):
                try hold(begun == nil, "a body begins in another")
                begun = request
            case .piece(let bytes):
                try hold(begun != nil && !bytes.isEmpty, "a piece of nothing")
                body += bytes
            case .bodyEnded:
                guard let request = begun else { throw FuzzFault("an end without a beginning") }
                messages.append(Message(request, body: body))
                begun = nil
                body = []
            case .complete(let request): messages.append(Message(request))
            case .incomplete: return try hold(position == bytes.count, "input is left over")
            case .refused(let fault):
                refusal = fault
                var again = position
                guard case .refused(let same) = parser.next(bytes.span, from: &again), same == fault else {
                    throw FuzzFault("a refusal is taken back")
                }
                return
            }
        }
        throw FuzzFault("more steps than bytes")
    }
}
