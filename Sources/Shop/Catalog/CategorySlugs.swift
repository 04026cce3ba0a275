import Formats

/// The slugs that categories had before, each with the present one. Like the tree of categories, all of them are one document in
/// the cache, so that a request for a name that is no category needs no look into the database.
struct CategorySlugs {
    /// How many there are at most.
    static let maximum = 10_000

    private let present: [ExactText: String]

    /// - Parameter document: what ``json(_:)`` wrote
    init(_ document: [UInt8]) {
        var present: [ExactText: String] = [:]
        if case .object(let object)? = try? JSONValue.parse(document) {
            for member in object.members {
                if case .string(let slug) = member.value { present[ExactText(member.name)] = slug }
            }
        }
        self.present = present
    }

    /// `{"before": "present", …}`, in the order of the former slugs.
    static func json(_ slugs: [String: String]) -> [UInt8] {
        var json = JSONWriter(capacity: 64 + slugs.count * 48)
        json.beginObject()
        for (former, present) in slugs.sorted(by: { $0.key < $1.key }) {
            json.key(dynamic: former)
            json.string(present)
        }
        json.endObject()
        return json.finish()
    }

    /// The present slug of the category that had this one.
    subscript(former: String) -> String? { present[ExactText(former)] }
}
