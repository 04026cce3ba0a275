import CCurl

/// Why a request has no answer.
package struct HTTPClientError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        /// The URL cannot be used, or the address policy refuses it.
        case invalidURL = "invalid_url"
        /// The method or a header cannot be sent.
        case invalidRequest = "invalid_request"
        /// The host has no address that the policy allows.
        case refusedAddress = "refused_address"
        /// The host's name has no address.
        case resolution
        /// There was no connection, or it was lost.
        case connection
        /// The TLS handshake failed, as for a certificate that is not trusted.
        case tls
        /// No answer in time.
        case timeout
        /// The answer is longer than the request allows.
        case tooLarge = "too_large"
        /// The answer is not HTTP.
        case protocolViolation = "protocol_violation"
        /// The task was cancelled.
        case cancelled
        /// The client is closed.
        case closed
        /// libcurl or memory failed.
        case unavailable
    }

    package let kind: Kind
    /// One line, without the URL and without secrets.
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { "\(kind.rawValue): \(message)" }
}

extension HTTPClientError.Kind {
    /// The kind for the code of a failed transfer (libcurl-errors(3)).
    package init(_ code: CURLcode) {
        self =
            switch code {
            case CURLE_URL_MALFORMAT: .invalidURL
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolution
            case CURLE_COULDNT_CONNECT, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE,
                CURLE_INTERFACE_FAILED, CURLE_AGAIN, CURLE_NO_CONNECTION_AVAILABLE:
                .connection
            case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_CERTPROBLEM,
                CURLE_SSL_CIPHER, CURLE_PEER_FAILED_VERIFICATION, CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_INITFAILED,
                CURLE_SSL_CACERT_BADFILE, CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR,
                CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
                .tls
            case CURLE_OPERATION_TIMEDOUT: .timeout
            case CURLE_FILESIZE_EXCEEDED: .tooLarge
            case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2,
                CURLE_HTTP2_STREAM, CURLE_HTTP_RETURNED_ERROR, CURLE_WRITE_ERROR, CURLE_RANGE_ERROR:
                .protocolViolation
            case CURLE_ABORTED_BY_CALLBACK: .closed
            default: .unavailable
            }
    }
}
