import HTTPServer
import HTTPTypes

extension RequestContext {
    /// The answer to a GET or HEAD of what can be sent as it is and as gzip, by the request's preference and conditions.
    ///
    /// Who has the present version in either coding has it: the 304 names the one it has, so that a cache that keeps both
    /// knows which is meant (RFC 9111 §4.3.4).
    /// - Parameters:
    ///   - modified: when it was last modified, in seconds since 1970, where that is known
    ///   - isCoded: whether there may be a gzip
    ///   - gzip: that, made only where it is sent; nil where it is not worth it
    /// - Throws: 412 where the request asks for another version only.
    package func answer(
        _ plain: Representation, modified: Int64? = nil, isCoded: Bool, gzip: () -> Representation?
    ) throws(Problem) -> Response {
        let prefersGzip = isCoded && AcceptEncoding(request.head).prefersGzip
        if request.head.isConditional {
            let coded = isCoded ? plain.tag.gzip : plain.tag
            let sent = Validators(tag: prefersGzip ? coded : plain.tag, modified: modified)
            let other = isCoded ? Validators(tag: prefersGzip ? plain.tag : coded, modified: modified) : nil
            if let tag = try held(sent, else: other) {
                return tag == plain.tag ? plain.notModified : plain.response.notModified(as: tag)
            }
        }
        return prefersGzip ? (gzip() ?? plain).response : plain.response
    }
}
