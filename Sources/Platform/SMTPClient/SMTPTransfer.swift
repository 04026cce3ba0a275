import CCurl
import EventLoop
import Formats
import Glibc
import HTTPClient

/// Sends one mail after another with a handle of libcurl's, and waits for the server meanwhile. On the queue of its connection.
final class SMTPTransfer {
    let easy: CurlEasy
    private let server: SMTPServer
    private let settings: SMTPClientSettings
    private let sockets: SMTPSockets
    private var dialogue = SMTPDialogue()
    private let recipients = CurlList()
    private var message: [UInt8] = []
    private var sent = 0

    /// Nil where libcurl cannot be used, or memory is short.
    /// - Parameter sockets: what opens and closes the transfer's sockets; it must live longer
    init?(server: SMTPServer, settings: SMTPClientSettings, sockets: SMTPSockets) {
        guard let easy = CurlEasy() else { return nil }
        self.easy = easy
        self.server = server
        self.settings = settings
        self.sockets = sockets
        easy.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        easy.set(CURLOPT_USE_SSL, server.security == .none ? Int(CURLUSESSL_NONE.rawValue) : Int(CURLUSESSL_ALL.rawValue))
        easy.trust(settings.authorityFile)
        if let user = server.user, let password = server.password {
            easy.set(CURLOPT_USERNAME, user)
            easy.set(CURLOPT_PASSWORD, password)
            // Over TLS these are all that is needed; others would have libcurl look for tickets of Kerberos.
            easy.set(CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN")
        }
        easy.set(CURLOPT_UPLOAD, 1)
        easy.set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(settings.connectTimeout))
        easy.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, max(1, Self.milliseconds(settings.replyTimeout) / 1_000))
        easy.set(CURLOPT_MAXAGE_CONN, max(1, Self.milliseconds(settings.idleTime) / 1_000))
        easy.set(CURLOPT_MAXCONNECTS, 1)
        setFunctions()
        setSocketFunctions()
        guard easy.isUsable else { return nil }
    }

    private func setFunctions() {
        let pointer = Unmanaged.passUnretained(self).toOpaque()
        easy.set(CURLOPT_READDATA, pointer: pointer)
        easy.set(CURLOPT_READFUNCTION) { bytes, size, count, pointer in
            guard let bytes, let transfer = SMTPTransfer.from(pointer) else { return Int(CURL_READFUNC_ABORT) }
            return transfer.read(into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
        }
        easy.set(CURLOPT_HEADERDATA, pointer: pointer)
        easy.set(CURLOPT_HEADERFUNCTION) { bytes, size, count, pointer in
            SMTPTransfer.from(pointer)?.dialogue.received(reply: UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
        easy.set(CURLOPT_WRITEFUNCTION) { _, size, count, _ in size * count }
        // libcurl calls this for its log. Here it tells which command was sent; the texts of a login are not looked at.
        easy.set(CURLOPT_VERBOSE, 1)
        easy.set(CURLOPT_DEBUGDATA, pointer: pointer)
        easy.set(debugFunction: { _, kind, bytes, count, pointer in
            guard kind == CURLINFO_HEADER_OUT else { return 0 }
            SMTPTransfer.from(pointer)?.sent(command: UnsafeRawBufferPointer(start: bytes, count: count))
            return 0
        })
    }

    private func setSocketFunctions() {
        // For the life of the connection, which is longer than a mail's.
        let pointer = Unmanaged.passUnretained(sockets).toOpaque()
        easy.set(CURLOPT_OPENSOCKETDATA, pointer: pointer)
        easy.set(openFunction: { pointer, _, address in
            guard let pointer, let address else { return CURL_SOCKET_BAD }
            return Unmanaged<SMTPSockets>.fromOpaque(pointer).takeUnretainedValue().open(UnsafePointer(address))
        })
        easy.set(CURLOPT_CLOSESOCKETDATA, pointer: pointer)
        easy.set(closeFunction: { pointer, descriptor in
            guard let pointer else { return Glibc.close(descriptor) }
            return Unmanaged<SMTPSockets>.fromOpaque(pointer).takeUnretainedValue().close(descriptor)
        })
        // libcurl calls this at least once a second, also while it looks up a name and has no socket.
        easy.set(CURLOPT_XFERINFODATA, pointer: pointer)
        easy.set(CURLOPT_NOPROGRESS, 0)
        easy.set(progressFunction: { pointer, _, _, _, _ in
            guard let pointer else { return 1 }
            return Unmanaged<SMTPSockets>.fromOpaque(pointer).takeUnretainedValue().isAbandoned ? 1 : 0
        })
    }

    private static func from(_ pointer: UnsafeMutableRawPointer?) -> SMTPTransfer? {
        pointer.map { Unmanaged<SMTPTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func milliseconds(_ duration: Duration) -> Int {
        max(1, Int(clamping: duration.nanosecondsClamped / 1_000_000))
    }

    // MARK: Sending

    /// Sends a mail, and waits until the server has answered or the mail is abandoned.
    func send(_ mail: SMTPMail) -> Result<SMTPReceipt, SMTPError> {
        defer { (message, sent) = ([], 0) }
        prepare(mail)
        var code = perform()
        // The server had closed the idle connection, or did so just now; it has not seen the mail.
        let isUsedAgain = ccurl_get_number(easy.handle, CURLINFO_NUM_CONNECTS) == 0
        if code != CURLE_OK, isUsedAgain, dialogue.phase <= .sender, !dialogue.isRefusedForGood {
            // Otherwise libcurl would say QUIT on the old connection and wait for the answer.
            sockets.shut()
            easy.set(CURLOPT_FRESH_CONNECT, 1)
            code = perform()
            easy.set(CURLOPT_FRESH_CONNECT, 0)
        }
        return outcome(code)
    }

    private func prepare(_ mail: SMTPMail) {
        message = SMTPMessage.lines(mail.message)
        let scheme = server.security == .tls ? "smtps" : "smtp"
        let host = server.host.contains(":") ? "[\(server.host)]" : server.host
        let name = settings.name ?? mail.sender.split(separator: "@").last.map(String.init) ?? "localhost"
        easy.set(CURLOPT_URL, "\(scheme)://\(host):\(server.port)/\(PercentEncoding.encode(name))")
        easy.set(CURLOPT_MAIL_FROM, "<\(mail.sender)>")
        recipients.clear()
        recipients.append(line: "<\(mail.recipient)>")
        easy.set(CURLOPT_MAIL_RCPT, list: recipients.list())
        easy.set(CURLOPT_INFILESIZE_LARGE, size: Int64(message.count))
    }

    private func perform() -> CURLcode {
        sent = 0
        dialogue = SMTPDialogue(secrets: [server.password].compactMap { $0 })
        easy.clearError()
        guard !sockets.isAbandoned else { return CURLE_ABORTED_BY_CALLBACK }
        guard easy.isUsable else { return CURLE_FAILED_INIT }
        return curl_easy_perform(easy.handle)
    }

    private func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        // The end of what can be read is the end of the message for libcurl.
        guard !sockets.isAbandoned, sent <= message.count else { return Int(CURL_READFUNC_ABORT) }
        let piece = message[sent..<min(message.count, sent + buffer.count)]
        buffer.copyBytes(from: piece)
        sent += piece.count
        return piece.count
    }

    private func sent(command: UnsafeRawBufferPointer) {
        dialogue.sent(command: command)
        // libcurl would wait for the reply.
        if command.starts(with: "QUIT".utf8) { sockets.shut() }
    }

    // MARK: Outcome

    private func outcome(_ code: CURLcode) -> Result<SMTPReceipt, SMTPError> {
        if code == CURLE_OK { return .success(SMTPReceipt(code: dialogue.code ?? 0, text: dialogue.text)) }
        if code == CURLE_ABORTED_BY_CALLBACK { return .failure(SMTPError(.cancelled, "the mail was cancelled")) }
        // What the server has said tells more than what libcurl makes of it.
        if let reply = dialogue.code, reply >= 400 {
            let said = dialogue.text.isEmpty ? "\(reply)" : "\(reply) \(dialogue.text)"
            let kind: SMTPError.Kind = dialogue.isRefusedForGood ? .refused : .deferred
            return .failure(SMTPError(kind, code: reply, "the mail server said \(said)"))
        }
        let line = easy.errorLine ?? CurlEasy.meaning(of: code)
        let kind: SMTPError.Kind =
            switch HTTPClientError.Kind(code) {
            case .tls: .tls
            case .timeout: .timeout
            case .resolution, .connection, .protocolViolation: .connection
            default: code == CURLE_LOGIN_DENIED ? .deferred : .unavailable
            }
        // The last reply, such as 250 before TLS failed, is not the reason.
        return .failure(SMTPError(kind, line))
    }
}
