import HTTPTypes

/// A kind of problem that clients can tell by its code; the code never changes its meaning.
///
/// Each feature names its own in an extension and lists them for the API's document:
///
///     extension ProblemKind {
///         static let insufficientStock = ProblemKind(
///             .conflict, "insufficient_stock", "Not enough in stock", "Asked for more than can be sold; …")
///     }
package struct ProblemKind: Sendable, Hashable {
    package let status: HTTPResponse.Status
    /// The stable code of the problem, in snake_case.
    package let code: String
    /// A few words that are the same for every occurrence (RFC 9457 §3.1.3).
    package let title: String
    /// A sentence for the API's document: when it occurs and what to do.
    package let meaning: String

    package init(_ status: HTTPResponse.Status, _ code: String, _ title: String, _ meaning: String) {
        self.status = status
        self.code = code
        self.title = title
        self.meaning = meaning
    }
}
