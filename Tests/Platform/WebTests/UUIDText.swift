import FoundationEssentials
import Formats

enum UUIDText {
    static func isVersion7(_ text: String) -> Bool { UUID(utf8: text.utf8)?.version == 7 }
}
