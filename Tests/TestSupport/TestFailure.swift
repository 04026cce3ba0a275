/// Why a test's surroundings could not be set up, or did not answer.
package struct TestFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }

    /// The failure of a system call, with errno as it stands.
    package static func system(_ call: String, _ code: Int32) -> TestFailure {
        TestFailure("\(call): \(errorText(code))")
    }
}
