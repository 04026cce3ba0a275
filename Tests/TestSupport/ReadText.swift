import Foundation

/// The text of a file; nothing where it cannot be read.
package func readText(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
}
