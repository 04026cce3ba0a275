/// Why a directory of assets cannot be served.
package struct AssetError: Error, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        /// With the system's error number.
        case unreadable(Int32)
        case tooManyFiles
        case tooManyBytes
        case tooDeep
    }

    package let reason: Reason
    /// The file or directory at which it was noticed.
    package let path: String

    package var description: String {
        switch reason {
        case .unreadable(let number): "cannot read \(path): error \(number)"
        case .tooManyFiles: "more files than allowed, at \(path)"
        case .tooManyBytes: "more bytes than allowed, at \(path)"
        case .tooDeep: "directories too deep, at \(path)"
        }
    }
}
