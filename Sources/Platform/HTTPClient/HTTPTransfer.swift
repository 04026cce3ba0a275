import CCurl
import EventLoop
import Glibc

/// One request at a time, with a handle of libcurl's that is used for many requests one after another. Confined to its loop.
final class HTTPTransfer: CurlTransfer {
    let easy: CurlEasy
    /// The number of the request; a cancellation that comes late must not hit the next one.
    private(set) var id: UInt64 = 0
    /// When the request fails, in nanoseconds of the monotonic clock.
    private(set) var deadline = UInt64.max
    /// Called with the outcome, once for each request.
    var ended: (HTTPTransfer, Result<HTTPClientResponse, HTTPClientError>) -> Void = { _, _ in }
    /// Where the request's connections are opened.
    private weak var multi: CurlMulti?

    /// The memory for bodies that a transfer without a request keeps.
    private static let keptBody = 64 << 10

    private let settings: HTTPClientSettings
    private var reader: ResponseReader
    private let headers = CurlList()
    /// The body, which libcurl reads while the request lasts.
    private var body = UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 1)
    private var url = ""
    private var parsedURL: RequestURL?
    private var policy: AddressPolicy?
    private var wasRefused = false
    private var isSigned = false

    /// Nil where libcurl cannot be used, or memory is short.
    init?(settings: HTTPClientSettings) {
        guard let easy = CurlEasy() else { return nil }
        self.easy = easy
        self.settings = settings
        reader = ResponseReader(maximumHeaderBytes: settings.maximumHeaderBytes, maximumBodyBytes: 0, oversizedBody: .fail)
        easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
        // libcurl refuses HTTP/2 where it was built without; requests go by HTTP/1.1 then.
        ccurl_set_number(easy.handle, CURLOPT_HTTP_VERSION, settings.http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1)
        easy.set(CURLOPT_USERAGENT, settings.userAgent)
        easy.trust(settings.authorityFile)
        let pointer = Unmanaged.passUnretained(self).toOpaque()
        easy.set(CURLOPT_WRITEDATA, pointer: pointer)
        easy.set(CURLOPT_WRITEFUNCTION) { bytes, size, count, pointer in
            HTTPTransfer.from(pointer)?.take(body: UnsafeRawBufferPointer(start: bytes, count: size * count)) == true
                ? size * count : 0
        }
        easy.set(CURLOPT_HEADERDATA, pointer: pointer)
        easy.set(CURLOPT_HEADERFUNCTION) { bytes, size, count, pointer in
            HTTPTransfer.from(pointer)?.take(line: UnsafeRawBufferPointer(start: bytes, count: size * count)) == true
                ? size * count : 0
        }
        easy.set(CURLOPT_OPENSOCKETDATA, pointer: pointer)
        easy.set(openFunction: { pointer, _, address in
            guard let transfer = HTTPTransfer.from(pointer), let address else { return CURL_SOCKET_BAD }
            return transfer.open(UnsafePointer(address))
        })
        guard easy.isUsable else { return nil }
    }

    deinit { body.deallocate() }

    private static func from(_ pointer: UnsafeMutableRawPointer?) -> HTTPTransfer? {
        pointer.map { Unmanaged<HTTPTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: Preparing

    /// Sets the options of a request. The transfer is of no use any more where ``CurlEasy/isUsable`` is false afterwards.
    /// - Parameters:
    ///   - id: the request's number
    ///   - deadline: when it fails, in nanoseconds of the monotonic clock
    func prepare(_ request: HTTPClientRequest, id: UInt64, deadline: UInt64) throws(HTTPClientError) {
        if let fault = RequestRules.fault(method: request.method, hasBody: !request.body.isEmpty) {
            throw HTTPClientError(.invalidRequest, fault)
        }
        let parsed: RequestURL
        // By bytes: strings are equal too where they are different encodings of the same characters.
        if let known = parsedURL, url.utf8.elementsEqual(request.url.utf8) {
            parsed = known
        } else {
            parsed = try RequestURL(request.url)
            (url, parsedURL) = (request.url, parsed)
            easy.set(CURLOPT_URL, request.url)
        }
        if let policy = request.addresses { try parsed.check(policy) }
        try setHeaders(request, parsed)
        self.id = id
        self.deadline = deadline
        policy = request.addresses
        wasRefused = false
        reader = ResponseReader(
            maximumHeaderBytes: settings.maximumHeaderBytes, maximumBodyBytes: request.maximumBodyBytes,
            oversizedBody: request.oversizedBody)
        easy.clearError()
        setMethod(request)
        setSigning(request.signing)
        easy.set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(request.connectTimeout))
        // A check each second, so only where the timeout is not shorter anyway.
        let guardsSpeed = request.timeout > settings.inactivityTimeout
        easy.set(CURLOPT_LOW_SPEED_LIMIT, guardsSpeed ? 1 : 0)
        easy.set(CURLOPT_LOW_SPEED_TIME, guardsSpeed ? Int(clamping: settings.inactivityTimeout.components.seconds) : 0)
        guard easy.isUsable else { throw HTTPClientError(.unavailable, "libcurl has refused an option of the request") }
    }

    private func setHeaders(_ request: HTTPClientRequest, _ url: RequestURL) throws(HTTPClientError) {
        headers.clear()
        var hasType = false
        for (name, value) in request.headers {
            if let fault = RequestRules.fault(header: name, value: value) { throw HTTPClientError(.invalidRequest, fault) }
            if name.utf8.count == 12, name.lowercased() == "content-type" { hasType = true }
            headers.append(name, value)
        }
        if let signing = request.signing {
            if let token = signing.sessionToken {
                if let fault = RequestRules.fault(header: "X-Amz-Security-Token", value: token) {
                    throw HTTPClientError(.invalidRequest, fault)
                }
                headers.append("X-Amz-Security-Token", token)
            }
            // libcurl signs a name without its port, but sends it with the port.
            if url.port != (url.scheme == "https" ? 443 : 80) { headers.append("Host", "\(url.host):\(url.port)") }
        }
        // libcurl 7.88 also signs the lines that remove headers. Without them, it sends `Expect` only for a body of more than a mebibyte.
        if request.signing == nil {
            // libcurl would add a type of its own, and wait for 100 Continue before long bodies.
            if !hasType { headers.append(line: "Content-Type:") }
            headers.append(line: "Expect:")
        }
        easy.set(CURLOPT_HTTPHEADER, list: headers.list())
    }

    private func setMethod(_ request: HTTPClientRequest) {
        // Takes back what the request before has set.
        easy.set(CURLOPT_HTTPGET, 1)
        if request.body.isEmpty && request.method != "POST" && request.method != "PUT" && request.method != "PATCH" {
            if request.method == "HEAD" { easy.set(CURLOPT_NOBODY, 1) }
            easy.set(CURLOPT_CUSTOMREQUEST, request.method == "GET" || request.method == "HEAD" ? nil : request.method)
            return
        }
        if body.count < request.body.count {
            body.deallocate()
            body = .allocate(byteCount: max(4_096, request.body.count), alignment: 1)
        }
        body.copyBytes(from: request.body)
        easy.set(CURLOPT_POST, 1)
        easy.set(CURLOPT_POSTFIELDSIZE_LARGE, size: Int64(request.body.count))
        easy.set(CURLOPT_POSTFIELDS, pointer: body.baseAddress)
        easy.set(CURLOPT_CUSTOMREQUEST, request.method == "POST" ? nil : request.method)
    }

    private func setSigning(_ signing: AWSSigning?) {
        guard let signing else {
            guard isSigned else { return }
            isSigned = false
            easy.set(CURLOPT_AWS_SIGV4, nil as String?)
            easy.set(CURLOPT_HTTPAUTH, Int(1))
            easy.set(CURLOPT_USERNAME, nil as String?)
            easy.set(CURLOPT_PASSWORD, nil as String?)
            return
        }
        isSigned = true
        easy.set(CURLOPT_AWS_SIGV4, "aws:amz:\(signing.region):\(signing.service)")
        easy.set(CURLOPT_USERNAME, signing.accessKey)
        easy.set(CURLOPT_PASSWORD, signing.secretKey)
    }

    private static func milliseconds(_ duration: Duration) -> Int {
        // 0 would mean libcurl's own limit, which is minutes.
        max(1, Int(clamping: duration.nanosecondsClamped / 1_000_000))
    }

    // MARK: Running

    /// Begins the request.
    func begin(on multi: CurlMulti) {
        self.multi = multi
        guard !multi.add(self) else { return }
        finish(.failure(HTTPClientError(.closed, "the client is closed")))
    }

    /// Ends the request with an error, and leaves its connection.
    func abandon(_ error: HTTPClientError) {
        multi?.remove(self)
        finish(.failure(error))
    }

    func transferEnded(_ code: CURLcode) { finish(outcome(code)) }

    private func finish(_ result: Result<HTTPClientResponse, HTTPClientError>) {
        multi = nil
        forgetRequest()
        reader = ResponseReader(maximumHeaderBytes: settings.maximumHeaderBytes, maximumBodyBytes: 0, oversizedBody: .fail)
        ended(self, result)
    }

    /// Frees what the request needed: many transfers wait for their next request, and long.
    private func forgetRequest() {
        easy.set(CURLOPT_POSTFIELDS, pointer: nil)
        easy.set(CURLOPT_HTTPHEADER, list: nil)
        headers.erase()
        setSigning(nil)
        if body.count > Self.keptBody {
            body.deallocate()
            body = .allocate(byteCount: 0, alignment: 1)
        }
    }

    private func take(line: UnsafeRawBufferPointer) -> Bool { reader.take(line: line) }
    private func take(body: UnsafeRawBufferPointer) -> Bool { reader.take(body: body) }

    /// Opens a connection, if the policy allows the address.
    private func open(_ target: UnsafePointer<curl_sockaddr>) -> curl_socket_t {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = Int(ccurl_address(target, &bytes))
        guard let multi else { return CURL_SOCKET_BAD }
        if let policy, policy != .any {
            guard let address = NetworkAddress(bytes: bytes.prefix(count)), policy.allows(address) else {
                wasRefused = true
                return CURL_SOCKET_BAD
            }
        }
        return multi.openConnection(target)
    }

    // MARK: Outcome

    private func outcome(_ code: CURLcode) -> Result<HTTPClientResponse, HTTPClientError> {
        switch (code, reader.stop) {
        case (CURLE_OK, _), (CURLE_WRITE_ERROR, .truncated):
            let status = ccurl_get_number(easy.handle, CURLINFO_RESPONSE_CODE)
            return .success(
                HTTPClientResponse(status: status, head: reader.head, body: reader.body, isTruncated: reader.isTruncated))
        case (_, .oversizedHeader):
            return .failure(
                HTTPClientError(.tooLarge, "the header of the answer is longer than \(settings.maximumHeaderBytes) bytes"))
        // What libcurl calls a line of a header that is longer than its own limit, of 100 KiB; later versions have a code for it.
        case (CURLE_OUT_OF_MEMORY, _), (CURLcode(rawValue: 100), _):
            return .failure(HTTPClientError(.tooLarge, "the header of the answer has a line that is too long"))
        case (_, .oversizedBody): return .failure(HTTPClientError(.tooLarge, "the body of the answer is too long"))
        case (CURLE_COULDNT_CONNECT, _) where wasRefused:
            return .failure(HTTPClientError(.refusedAddress, "the host has no public address that answers"))
        case (CURLE_ABORTED_BY_CALLBACK, _): return .failure(HTTPClientError(.closed, "the client is closed"))
        default: return .failure(failure(code))
        }
    }

    private func failure(_ code: CURLcode) -> HTTPClientError {
        let kind = HTTPClientError.Kind(code)
        // libcurl's longer text may name an inner address, which strangers must not learn, or repeat what a server has sent.
        let isPlain = kind == .tls || policy == nil && (kind == .connection || kind == .resolution || kind == .timeout)
        return HTTPClientError(kind, (isPlain ? easy.errorLine : nil) ?? CurlEasy.meaning(of: code))
    }
}
