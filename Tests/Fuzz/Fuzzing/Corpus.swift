import Foundation

/// Inputs kept as files, a folder for each target: what mutation begins with, and what once failed.
package struct Corpus: Sendable {
    private let root: URL

    /// - Parameter root: the folder of the targets' folders.
    package init(_ root: String) { self.root = URL(filePath: root) }

    /// The inputs of a target with their files' names, in the order of these.
    package func inputs(of target: any FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
        let folder = root.appending(path: target.name)
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            ($0, try Array(Data(contentsOf: folder.appending(path: $0))))
        }
    }
}
