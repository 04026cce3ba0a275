import Formats

/// JSON texts, and the reading of bodies by rules.
struct JSONFuzz: FuzzTarget {
    let name = "json"
    let pieces =
        [
            "{", "}", "[", "]", "\"", ":", ",", "null", "true", "false", "0", "-", "-0", "1.5", "1e3", "1E+308",
            "9223372036854775807", "9223372036854775808", "\\",
            "\\\"", "\\u0000", "\\ud83d", "\\ud83d\\ude00", "\\udc00", "\\n", "\u{E9}", "e\u{301}", "\u{2028}", "\u{FEFF}", "\0",
            "\u{1F}", " ", "\n", "[[[[[[[[[[",
            "{\"a\":", "\"sku\":", "\"items\":[", "\"quantity\":1", "\"email\":\"a@b.example\"",
            "\"at\":\"2026-11-21T03:26:48Z\"",
            "\"id\":\"018f6e1c-7b1a-7c3d-8e4f-0123456789ab\"", "{},",
        ].map { Array($0.utf8) } + [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]]

    func check(_ input: [UInt8]) throws(FuzzFault) -> Int {
        var hasher = Hasher()
        // Any bytes, written as a string, are read as the text that they are.
        var writer = JSONWriter()
        writer.string(utf8: input)
        let text = String(decoding: input, as: UTF8.self)
        guard case .string(let read)? = try? JSONValue.parse(writer.finish()) else {
            throw FuzzFault("a string that is not read")
        }
        try hold(read.utf8.elementsEqual(text.utf8), "a string is not read as written")
        do {
            let value = try JSONValue.parse(input)
            let written = Self.encode(value)
            guard let again = try? JSONValue.parse(written) else { throw FuzzFault("what was read and written is not JSON") }
            try hold(again == value && Self.encode(again) == written, "a document is another one when written and read again")
            hasher.combine(try Self.read(value))
        } catch let error as JSONError {
            try hold((0...input.count).contains(error.offset), "an error beyond the text")
            hasher.combine(error.reason)
        } catch let fault as FuzzFault {
            throw fault
        } catch {
            throw FuzzFault("an error of another kind: \(error)")
        }
        return hasher.finalize()
    }

    private static func encode(_ value: JSONValue) -> [UInt8] {
        var writer = JSONWriter()
        writer.value(value)
        return writer.finish()
    }

    private enum Size: String, CaseIterable { case small, large }

    /// Reads by every kind of rule; what was noted, or read.
    private static func read(_ value: JSONValue) throws(FuzzFault) -> [String] {
        do {
            return try JSONReader.decode(value) { body in
                var seen: [String] = []
                seen.append(body["email"].line(length: 3...254))
                seen.append(body.optional("note")?.text(length: 0...500) ?? "")
                seen += body["items"].array(count: 1...100) { item in
                    "\(item["sku"].line(length: 1...64)) \(item["quantity"].integer(in: 1...999))"
                }
                seen += body.optional("options")?.members(count: 0...10) { $0 + $1.text(length: 0...9) } ?? []
                if let flag = body.optional("flag") { seen.append("\(flag.boolean())") }
                if let id = body.optional("id") { seen.append(id.uuid().uuidString) }
                if let time = body.optional("at") { seen.append("\(time.timestamp())") }
                if let size = body.optional("size") { seen.append(size.choice(placeholder: Size.small).rawValue) }
                if let small = body.optional("small") { seen.append("\(small.integer(in: Int8.min...Int8.max))") }
                return ["\(seen.count)"]
            }
        } catch {
            try hold(!error.faults.isEmpty && error.faults.count <= JSONReader.maximumFaults, "faults without number")
            return error.faults.prefix(3).map(\.detail)
        }
    }
}
