import Formats
import Web

/// Builds the document from fragments. It collects all faults instead of stopping at the first.
struct OpenAPIBuilder {
    private(set) var operations: [OpenAPIOperation] = []
    private(set) var tags: [(name: String, description: String)] = []
    private(set) var faults: [String] = []
    private var fragments = 0
    private var problems: [ProblemKind] = []
    private var paths: [(path: String, members: JSONObject)] = []
    private var components: [(section: String, members: JSONObject)] = []

    /// By status, then code.
    var sortedProblems: [ProblemKind] {
        problems.sorted { ($0.status.code, $0.code) < ($1.status.code, $1.code) }
    }

    mutating func add(_ fragment: OpenAPIFragment) {
        fragments += 1
        add(fragment.problems)
        let value: JSONValue
        do {
            value = try JSONValue.parse(fragment.json, maximumDepth: 64)
        } catch {
            faults.append("fragment \(fragments): \(error)")
            return
        }
        let tags = value["tags"]?.arrayValue ?? []
        for tag in tags { add(tag: tag) }
        for path in value["paths"]?.objectValue?.members ?? [] { add(path, tag: tags.first?["name"]?.stringValue ?? "") }
        for section in value["components"]?.objectValue?.members ?? [] { add(section) }
    }

    /// Several fragments can have the same tag; one of them describes it.
    private mutating func add(tag: JSONValue) {
        let name = tag["name"]?.stringValue ?? ""
        let description = tag["description"]?.stringValue ?? ""
        guard let index = tags.firstIndex(where: { $0.name == name }) else { return tags.append((name, description)) }
        if tags[index].description.isEmpty { tags[index].description = description }
    }

    mutating func add(_ kinds: [ProblemKind]) {
        for kind in kinds where !problems.contains(kind) {
            if problems.contains(where: { $0.code == kind.code }) { faults.append("two problems have the code \(kind.code)") }
            problems.append(kind)
        }
    }

    private mutating func add(_ path: JSONObject.Member, tag: String) {
        var index = paths.firstIndex { $0.path == path.name }
        if index == nil {
            paths.append((path.name, JSONObject()))
            index = paths.count - 1
        }
        guard let index, let item = path.value.objectValue else { return faults.append("\(path.name) is not an object") }
        for member in item.members {
            var value = member.value
            if OpenAPIOperation.methods.contains(member.name) {
                value = OpenAPIBuilder.completed(value, tag: tag)
                let tag = value["tags"]?.arrayValue?.first?.stringValue ?? ""
                operations.append(
                    OpenAPIOperation(method: member.name.uppercased(), path: path.name, tag: tag, value: value))
            } else {
                faults.append("\(path.name): \(member.name) is not a method")
            }
            if !paths[index].members.append(member.name, value) {
                faults.append("\(path.name): \(member.name) is described twice")
            }
        }
    }

    /// An operation with the fragment's tag and the common response to errors, unless it has its own.
    private static func completed(_ operation: JSONValue, tag: String) -> JSONValue {
        var object = JSONObject()
        if operation["tags"] == nil { object.append("tags", .array([.string(tag)])) }
        for member in operation.objectValue?.members ?? [] {
            guard member.name == "responses", member.value["default"] == nil else {
                object.append(member.name, member.value)
                continue
            }
            var responses = member.value.objectValue ?? JSONObject()
            var reference = JSONObject()
            reference.append("$ref", .string("#/components/responses/Problem"))
            responses.append("default", .object(reference))
            object.append("responses", .object(responses))
        }
        return .object(object)
    }

    private mutating func add(_ section: JSONObject.Member) {
        var index = components.firstIndex { $0.section == section.name }
        if index == nil {
            components.append((section.name, JSONObject()))
            index = components.count - 1
        }
        guard let index else { return }
        for member in section.value.objectValue?.members ?? [] {
            if !components[index].members.append(member.name, member.value) {
                faults.append("components/\(section.name)/\(member.name) is described twice")
            }
        }
    }

    func document(_ info: OpenAPIDocument.Info) -> JSONValue {
        OpenAPIBuilder.object([
            ("openapi", .string("3.1.0")),
            (
                "info",
                OpenAPIBuilder.object([
                    ("title", .string(info.title)), ("version", .string(info.version)),
                    ("description", .string(info.description)),
                ])
            ),
            ("servers", .array([OpenAPIBuilder.object([("url", .string(info.server))])])),
            (
                "tags",
                .array(
                    tags.map { tag in
                        OpenAPIBuilder.object([("name", .string(tag.name)), ("description", .string(tag.description))])
                    })
            ),
            ("paths", OpenAPIBuilder.object(paths.map { ($0.path, .object($0.members)) })),
            ("components", OpenAPIBuilder.object(components.map { ($0.section, .object($0.members)) })),
            (
                "x-problems",
                .array(
                    sortedProblems.map { kind in
                        OpenAPIBuilder.object([
                            ("code", .string(kind.code)), ("status", .number(JSONNumber(kind.status.code))),
                            ("title", .string(kind.title)), ("description", .string(kind.meaning)),
                        ])
                    })
            ),
        ])
    }

    private static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        var object = JSONObject()
        for (name, value) in members { object.append(name, value) }
        return .object(object)
    }
}
