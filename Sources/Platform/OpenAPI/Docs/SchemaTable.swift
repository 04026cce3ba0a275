import Formats

/// Schemas as tables of their properties.
struct SchemaTable {
    let reader: SchemaReader

    /// A schema's type in a few words, such as `array of Product`, with links to named schemas.
    func type(_ schema: JSONValue) -> HTML {
        let (value, name) = reader.resolve(schema)
        if let name { return "<a href=\"#schema-\(name)\">\(name)</a>" }
        if let choices = (value["oneOf"] ?? value["anyOf"])?.arrayValue {
            return HTML.joined(choices.map(type), separator: " or ")
        }
        let types = reader.types(of: value)
        var words: HTML = "\(types.names.isEmpty ? "any" : types.names.joined(separator: " or "))"
        if types.names == ["array"], let items = value["items"] { words = "array of \(type(items))" }
        if let format = value["format"]?.stringValue { words = words + " (\(format))" }
        return types.isNullable ? words + " or null" : words
    }

    /// The limits and choices of a value.
    func rules(_ schema: JSONValue) -> HTML {
        let value = reader.resolve(schema).value
        var rules: [HTML] = []
        // Later versions may add values to an open list.
        for (keyword, introduction) in [("enum", "one of "), ("x-extensible-enum", "such as ")] as [(String, HTML)] {
            guard let choices = value[keyword]?.arrayValue else { continue }
            let names = choices.map { choice -> HTML in "<code>\(plain(choice))</code>" }
            rules.append(introduction + HTML.joined(names, separator: ", "))
        }
        if let range = range(value["minimum"], value["maximum"]) { rules.append("\(range)") }
        if let range = range(value["minLength"], value["maxLength"]) { rules.append("\(range) characters") }
        if let range = range(value["minItems"], value["maxItems"]) { rules.append("\(range) elements") }
        if let pattern = value["pattern"]?.stringValue { rules.append("matches <code>\(pattern)</code>") }
        if let standard = value["default"] { rules.append("default <code>\(plain(standard))</code>") }
        return HTML.joined(rules, separator: "; ")
    }

    /// The properties of an object, or of an array's elements; empty if there are none.
    func properties(_ schema: JSONValue, depth: Int = 0) -> HTML {
        let value = reader.resolve(schema).value
        if reader.types(of: value).names == ["array"], let items = value["items"] { return properties(items, depth: depth) }
        if let choices = (value["oneOf"] ?? value["anyOf"])?.arrayValue {
            return .joined(
                choices.map { choice in
                    let fields = self.properties(choice, depth: depth + 1)
                    return .when(!fields.text.isEmpty, "<details><summary>\(label(choice))</summary>\(fields)</details>")
                })
        }
        let properties = reader.properties(of: value)
        guard !properties.isEmpty else { return "" }
        let rows = properties.map { property -> HTML in
            """
            <tr><td><code>\(property.name)</code>\(HTML.when(property.isRequired, "<em>required</em>"))</td>
            <td class="type">\(type(property.schema))</td>
            <td>\(describe(property.schema))\(nested(property.schema, depth: depth))</td></tr>
            """
        }
        return "<div class=\"scroll\"><table class=\"fields\"><tbody>\(HTML.joined(rows))</tbody></table></div>"
    }

    /// Description and rules.
    func describe(_ schema: JSONValue) -> HTML {
        // A named schema is described in its own section: each price need not explain money.
        let own = schema["description"]?.stringValue
        let rules = rules(schema)
        let note: HTML = rules.text.isEmpty ? "" : " <small>\(rules)</small>"
        return HTML.inline(own ?? "") + note
    }

    private func label(_ schema: JSONValue) -> String { reader.resolve(schema).name ?? "fields" }

    /// Schemas without a name are shown in place; named ones have their own section.
    private func nested(_ schema: JSONValue, depth: Int) -> HTML {
        guard depth < 3, schema["$ref"] == nil, schema["items"]?["$ref"] == nil else { return "" }
        let inner = properties(schema, depth: depth + 1)
        return inner.text.isEmpty ? "" : "<details><summary>fields</summary>\(inner)</details>"
    }

    private func range(_ low: JSONValue?, _ high: JSONValue?) -> String? {
        switch (low.map(plain), high.map(plain)) {
        case (nil, nil): nil
        case (let low?, nil): "at least \(low)"
        case (nil, let high?): "at most \(high)"
        case (let low?, let high?): low == high ? low : "\(low)–\(high)"
        }
    }

    private func plain(_ value: JSONValue) -> String { value.stringValue ?? JSONLayout.compact(value) }
}
