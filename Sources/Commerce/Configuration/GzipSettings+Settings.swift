import Compression

extension GzipSettings {
    /// Nil: answers are sent as they are.
    static func read(_ reader: inout SettingsReader) -> GzipSettings? {
        let isOn = reader.read(
            "COMPRESSION", .switched, default: true, "Catalogue, documents and text files as gzip for who accepts it")
        let minimum = reader.read(
            "COMPRESSION_MIN_SIZE", .size(64...(1 << 30)), default: 1_024, "What is smaller is sent as it is")
        let level = reader.read(
            "COMPRESSION_LEVEL", .integer(1...9), default: 6, "From 1, least work, to 9, fewest bytes")
        return isOn ? GzipSettings(minimumSize: minimum, level: level) : nil
    }
}
