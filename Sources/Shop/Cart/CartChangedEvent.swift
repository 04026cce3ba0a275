import Formats
import FoundationEssentials

/// That a cart has changed, as the service's tasks tell each other: only a reason to look, so one that is lost, late or said
/// twice does no harm.
package struct CartChangedEvent: Sendable, Equatable {
    /// The channel of Redis that hints are published on.
    static let channel = "commerce:carts"

    package let id: UUID
    /// The version it changed to, where that is known: who has seen it need not look.
    package let version: Int64?

    package init(_ id: UUID, version: Int64? = nil) {
        self.id = id
        self.version = version
    }

    /// Reads a payload, the id and perhaps the version; nil for anything else.
    package init?(payload: [UInt8]) {
        let parts = payload.split(separator: 0x20, maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let id = UUID(utf8: first) else { return nil }
        guard parts.count == 2 else {
            self.init(id)
            return
        }
        guard let version = Int64(String(decoding: parts[1], as: UTF8.self)), version > 0 else { return nil }
        self.init(id, version: version)
    }

    package var payload: [UInt8] { Array((version.map { "\(id.text) \($0)" } ?? id.text).utf8) }
}
