import Glibc

/// Writes whole buffers to a descriptor, blocking or not.
struct DescriptorOutput {
    private let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes all bytes, waiting as long as the reader takes; the number written, which is less only after an error.
    func write(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count, let start = buffer.baseAddress {
                let count = Glibc.write(descriptor, start + written, buffer.count - written)
                if count >= 0 {
                    written += count
                } else if errno == EAGAIN {
                    // Whoever shares the terminal or pipe may have made it non-blocking: wait here instead.
                    var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&poller, 1, 1_000)
                } else if errno != EINTR {
                    break
                }
            }
            return written
        }
    }
}
