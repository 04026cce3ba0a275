import Compression

extension GzipSettings {
    /// Nil: answers are sent as they are.
    static func read(_ reader: inout SettingsReader) -> GzipSettings? {
        let isOn = reader.read(
            "COMPRESSION", .switched, default: true,
            "Compresses the catalogue, documents and text files for clients that accept gzip")
        let minimum = reader.read(
            "COMPRESSION_MIN_SIZE", .size(64...(1 << 30)), default: 1_024, "Smaller responses are not compressed")
        let level = reader.read(
            "COMPRESSION_LEVEL", .integer(1...9), default: 6, "1 is fastest, 9 is smallest")
        return isOn ? GzipSettings(minimumSize: minimum, level: level) : nil
    }
}
