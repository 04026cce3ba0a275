/// Why an import could not be done at all.
package struct ImportError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The rows can't be read any further.
        case unreadable
        /// What was read is no table of products as a whole: another format, another encoding, a quote that is never closed.
        case malformed
        /// The database is out of reach, or was lost.
        case unavailable
        /// Another import is at work.
        case busy
        /// The database refused what it never should.
        case failed
    }

    package let code: Code
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
