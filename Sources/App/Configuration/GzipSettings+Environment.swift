import Compression

extension GzipSettings {
    /// The compression of responses; nil if it is off.
    static func read(_ reader: inout SettingsReader) -> GzipSettings? {
        var settings = GzipSettings()
        let isOn = reader.read(
            "COMPRESSION", .switched, default: true,
            "Compresses the catalogue, documents and text files for clients that accept gzip")
        settings.minimumSize = reader.read(
            "COMPRESSION_MIN_SIZE", .size(64...(1 << 30)), default: settings.minimumSize, "Smaller responses are not compressed")
        settings.level = reader.read(
            "COMPRESSION_LEVEL", .integer(1...9), default: settings.level, "1 is fastest, 9 is smallest")
        return isOn ? settings : nil
    }
}
