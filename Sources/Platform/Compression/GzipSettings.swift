/// What is compressed, and how thoroughly.
package struct GzipSettings: Sendable, Equatable {
    /// Bytes; what is smaller gains too little for the work at both ends.
    package var minimumSize: Int
    /// 1, fast, to 9, small (zlib.h).
    package var level: Int

    package init(minimumSize: Int = 1_024, level: Int = 6) {
        self.minimumSize = minimumSize
        self.level = level
    }
}
