import Foundation

/// What errno's value means, in words (strerror(3)).
func errorText(_ code: Int32) -> String {
    String(cString: strerror(code))
}
