/// The members of an object in their order; no name occurs twice.
package struct JSONObject: Sendable {
    package struct Member: Equatable, Sendable {
        package let name: String
        package let value: JSONValue
    }

    package private(set) var members: [Member] = []
    /// From the 17th member on: a linear search for each of very many names would be a way to keep the service busy.
    private var index: [String: Int] = [:]

    private static let linearLimit = 16

    package init() {}

    package var count: Int { members.count }
    package var isEmpty: Bool { members.isEmpty }

    /// The value of a name, `.null` where that is written, nil where the name is absent.
    package subscript(name: String) -> JSONValue? {
        position(of: name).map { members[$0].value }
    }

    /// Appends a member; false, with nothing changed, where the name is there already.
    ///
    /// Names are compared as Swift compares strings, so two spellings of one accented letter count as one name.
    @discardableResult
    package mutating func append(_ name: String, _ value: JSONValue) -> Bool {
        guard position(of: name) == nil else { return false }
        members.append(Member(name: name, value: value))
        if members.count == Self.linearLimit + 1 {
            for (position, member) in members.enumerated() { index[member.name] = position }
        } else if members.count > Self.linearLimit {
            index[name] = members.count - 1
        }
        return true
    }

    private func position(of name: String) -> Int? {
        members.count > Self.linearLimit ? index[name] : members.firstIndex { $0.name == name }
    }
}

extension JSONObject: Equatable {
    /// The same members in the same order.
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members == right.members
    }
}
