/// Judges JSON values by schemas: the part of JSON Schema 2020-12 that API documents use.
///
/// A keyword that it does not know is a violation by itself: one passed over in silence would allow everything.
package struct JSONSchemaChecker: Sendable {
    /// The document that `#/…` references point into.
    let document: JSONTree
    /// Whether what the document leaves open for later versions is closed: an object with `properties` has no others, and an
    /// `x-extensible-enum` no other value. So a test notices what the service says and the document does not.
    let isClosed: Bool

    package init(document: JSONTree, isClosed: Bool = false) {
        self.document = document
        self.isClosed = isClosed
    }

    /// How deep schemas may refer to one another before it counts as a circle.
    private static let deepest = 64

    /// Accepts every value.
    private static let annotations: Set<String> = [
        "title", "description", "default", "deprecated", "readOnly", "writeOnly", "example", "examples", "$comment",
    ]

    /// Everything about `value` that `schema` does not allow.
    package func violations(of value: JSONTree, by schema: JSONTree) -> [SchemaViolation] {
        check(value, schema, "", depth: 0)
    }

    func check(_ value: JSONTree, _ schema: JSONTree, _ pointer: String, depth: Int) -> [SchemaViolation] {
        func fault(_ keyword: String, _ detail: String) -> SchemaViolation {
            SchemaViolation(pointer: pointer, keyword: keyword, detail: detail)
        }
        guard depth < Self.deepest else { return [fault("checker", "schemas nested too deeply, or in a circle")] }
        switch schema {
        case .bool(true): return []
        case .bool(false): return [fault("false", "no value is allowed here")]
        case .object(let keywords):
            var found: [SchemaViolation] = []
            for (keyword, rule) in keywords.sorted(by: { $0.key < $1.key }) {
                switch keyword {
                case _ where Self.annotations.contains(keyword): continue
                case "$ref":
                    guard let name = rule.text, let target = document.at(name), name.hasPrefix("#/") else {
                        found.append(fault("checker", "$ref \(rule.text ?? "") is not there"))
                        continue
                    }
                    found += check(value, target, pointer, depth: depth + 1)
                case "x-extensible-enum":
                    guard isClosed, let detail = Self.kindFault(value, "enum", rule) else { continue }
                    found.append(fault(keyword, detail))
                case "allOf", "anyOf", "oneOf", "not":
                    found += combined(value, keyword, rule, pointer, depth)
                case "type", "enum", "const":
                    if let detail = Self.kindFault(value, keyword, rule) { found.append(fault(keyword, detail)) }
                case "properties", "required", "additionalProperties", "minProperties", "maxProperties":
                    found += members(value, keyword, rule, keywords, pointer, depth)
                case "items", "minItems", "maxItems", "uniqueItems":
                    found += elements(value, keyword, rule, pointer, depth)
                case "pattern", "format", "minLength", "maxLength":
                    if let text = value.text, let detail = StringRule.fault(of: text, keyword, rule) {
                        found.append(fault(detail.isAboutSchema ? "checker" : keyword, detail.text))
                    } else if keyword == "format", let name = rule.text, !StringRule.formats.contains(name) {
                        found.append(fault("checker", "format \(name) is not known"))
                    }
                case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
                    if let detail = Self.numberFault(value, keyword, rule) { found.append(fault(keyword, detail)) }
                default: found.append(fault("checker", "keyword \(keyword) is not known"))
                }
            }
            // A rule beside a reference is one more rule, and does not concern other members.
            let isWhole = keywords["properties"] != nil && keywords["additionalProperties"] == nil && keywords["$ref"] == nil
            if isClosed, isWhole, keywords["allOf"] == nil {
                found += members(value, "additionalProperties", .bool(false), keywords, pointer, depth)
            }
            return found
        default: return [fault("checker", "a schema must be an object or a boolean")]
        }
    }

    // MARK: Keywords

    private func combined(
        _ value: JSONTree, _ keyword: String, _ rule: JSONTree, _ pointer: String, _ depth: Int
    ) -> [SchemaViolation] {
        if keyword == "not" {
            let isAllowed = !check(value, rule, pointer, depth: depth + 1).isEmpty
            return isAllowed ? [] : [SchemaViolation(pointer: pointer, keyword: keyword, detail: "matches what it must not")]
        }
        let results = rule.elements.map { check(value, $0, pointer, depth: depth + 1) }
        if keyword == "allOf" { return results.flatMap { $0 } }
        let matching = results.count(where: \.isEmpty)
        if matching == 1 || keyword == "anyOf" && matching > 1 { return [] }
        let why =
            matching > 1
            ? "matches \(matching) of them"
            : "matches none: " + results.map { $0.map(\.description).joined(separator: ", ") }.joined(separator: " | ")
        return [SchemaViolation(pointer: pointer, keyword: keyword, detail: why)]
    }

    private func members(
        _ value: JSONTree, _ keyword: String, _ rule: JSONTree, _ keywords: [String: JSONTree], _ pointer: String,
        _ depth: Int
    ) -> [SchemaViolation] {
        guard case .object(let members) = value else { return [] }
        func fault(_ detail: String) -> SchemaViolation {
            SchemaViolation(pointer: pointer, keyword: keyword, detail: detail)
        }
        switch keyword {
        case "required":
            return rule.elements.compactMap(\.text).filter { members[$0] == nil }.map { fault("\($0) is missing") }
        case "minProperties":
            return Double(members.count) < rule.number ?? 0 ? [fault("has only \(members.count) members")] : []
        case "maxProperties":
            return Double(members.count) > rule.number ?? .infinity ? [fault("has \(members.count) members")] : []
        case "properties":
            return members.sorted { $0.key < $1.key }.flatMap { name, member in
                rule[name].map { check(member, $0, Self.child(pointer, name), depth: depth + 1) } ?? []
            }
        default:
            let known = keywords["properties"]?.members ?? [:]
            return members.sorted { $0.key < $1.key }.filter { known[$0.key] == nil }.flatMap { name, member in
                if rule == .bool(false) { return [fault("\(name) is not described")] }
                return check(member, rule, Self.child(pointer, name), depth: depth + 1)
            }
        }
    }

    private func elements(
        _ value: JSONTree, _ keyword: String, _ rule: JSONTree, _ pointer: String, _ depth: Int
    ) -> [SchemaViolation] {
        guard case .array(let elements) = value else { return [] }
        func fault(_ detail: String) -> SchemaViolation {
            SchemaViolation(pointer: pointer, keyword: keyword, detail: detail)
        }
        switch keyword {
        case "minItems":
            return Double(elements.count) < rule.number ?? 0 ? [fault("has only \(elements.count) elements")] : []
        case "maxItems":
            return Double(elements.count) > rule.number ?? .infinity ? [fault("has \(elements.count) elements")] : []
        case "uniqueItems":
            let isUnique = elements.indices.allSatisfy { !elements[..<$0].contains(elements[$0]) }
            return rule == .bool(true) && !isUnique ? [fault("an element is there twice")] : []
        default:
            return elements.enumerated().flatMap { index, element in
                check(element, rule, "\(pointer)/\(index)", depth: depth + 1)
            }
        }
    }

    private static func kindFault(_ value: JSONTree, _ keyword: String, _ rule: JSONTree) -> String? {
        switch keyword {
        case "type":
            let allowed = rule.text.map { [$0] } ?? rule.elements.compactMap(\.text)
            let kinds = kinds(of: value)
            return allowed.contains(where: kinds.contains) ? nil : "is \(kinds[0]), not \(allowed.joined(separator: " or "))"
        case "const": return value == rule ? nil : "is \(value), not \(rule)"
        default: return rule.elements.contains(value) ? nil : "\(value) is none of them"
        }
    }

    private static func kinds(of value: JSONTree) -> [String] {
        switch value {
        case .null: ["null"]
        case .bool: ["boolean"]
        case .number(_, let isInteger): isInteger ? ["integer", "number"] : ["number"]
        case .string: ["string"]
        case .array: ["array"]
        case .object: ["object"]
        }
    }

    private static func numberFault(_ value: JSONTree, _ keyword: String, _ rule: JSONTree) -> String? {
        guard let number = value.number, let bound = rule.number else { return nil }
        let isKept =
            switch keyword {
            case "minimum": number >= bound
            case "maximum": number <= bound
            case "exclusiveMinimum": number > bound
            case "exclusiveMaximum": number < bound
            default: (number / bound).rounded() == number / bound
            }
        return isKept ? nil : "\(number) against \(bound)"
    }

    /// The pointer of a member (RFC 6901 §3).
    static func child(_ pointer: String, _ name: String) -> String {
        pointer + "/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
    }
}
