import Formats

/// An error that knows which problem it is to a client.
package protocol ProblemConvertible: Error {
    var problem: Problem { get }
}

extension Problem: ProblemConvertible {
    package var problem: Problem { self }
}

extension FieldErrors: ProblemConvertible {
    /// 422 with every fault.
    package var problem: Problem { .invalid(faults) }
}
