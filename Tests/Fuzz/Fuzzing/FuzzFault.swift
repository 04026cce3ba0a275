/// What should hold and does not.
package struct FuzzFault: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// Throws where something does not hold.
func hold(_ condition: Bool, _ rule: @autoclosure () -> String) throws(FuzzFault) {
    if !condition { throw FuzzFault(rule()) }
}
