import Compression

extension GzipSettings {
    /// Nil: answers are sent as they are.
    static func read(_ reader: inout SettingsReader) -> GzipSettings? {
        let isOn = reader.read(
            "COMPRESSION", .switched, default: true,
            "Sends the catalogue, documents and text files as gzip to clients that accept it")
        let minimum = reader.read(
            "COMPRESSION_MIN_SIZE", .size(64...(1 << 30)), default: 1_024, "Smaller answers are not compressed")
        let level = reader.read(
            "COMPRESSION_LEVEL", .integer(1...9), default: 6, "1 is the least work, 9 the fewest bytes")
        return isOn ? GzipSettings(minimumSize: minimum, level: level) : nil
    }
}
