import HTTPServer
import HTTPTypes

extension RequestContext {
    /// The answer to a GET or HEAD of what can be sent as it is and as gzip, by the request's preference and conditions.
    ///
    /// Conditions are judged by the one that would be sent, the selected representation (RFC 9110 §13.1): the tag of the other
    /// is no match. Else a shared cache that holds the gzip would be told by a client without gzip that it can be served.
    /// - Parameters:
    ///   - modified: when it was last modified, in seconds since 1970, where that is known
    ///   - isCoded: whether there may be a gzip
    ///   - gzip: that, made only where it is needed; nil where it is not worth it
    /// - Throws: 412 where the request asks for another version only.
    package func answer(
        _ plain: Representation, modified: Int64? = nil, isCoded: Bool, gzip: () -> Representation?
    ) throws(Problem) -> Response {
        let prefersGzip = isCoded && AcceptEncoding(request.head).prefersGzip
        guard request.head.isConditional else { return prefersGzip ? (gzip() ?? plain).response : plain.response }
        guard prefersGzip else {
            return try isFresh(Validators(tag: plain.tag, modified: modified)) ? plain.notModified : plain.response
        }
        // Most often it is the tag of the gzip that was given out: then there is one, and it need not be made to say so.
        let tag = plain.tag.gzip
        if request.head.bytes(of: .ifMatch) == nil, request.head.bytes(of: .ifNoneMatch)?.elementsEqual(tag.field) == true,
            try isFresh(Validators(tag: tag, modified: modified))
        {
            return plain.response.notModified(as: tag)
        }
        let selected = gzip() ?? plain
        return try isFresh(Validators(tag: selected.tag, modified: modified)) ? selected.notModified : selected.response
    }
}
