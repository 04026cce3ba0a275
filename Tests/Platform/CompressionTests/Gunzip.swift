import CZLib

/// Decompresses exactly one gzip document; nil for other bytes. Uses zlib's own reader, which checks length and checksum.
func gunzip(_ bytes: [UInt8], atMost limit: Int) -> [UInt8]? {
    var input = bytes
    var stream = z_stream()
    guard czlib_gunzip_begin(&stream) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var status = Z_OK
    var rest: UInt32 = 0
    let document = [UInt8](unsafeUninitializedCapacity: limit + 1) { output, count in
        input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            status = inflate(&stream, Z_FINISH)
            count = output.count - Int(stream.avail_out)
            rest = stream.avail_in
        }
    }
    return status == Z_STREAM_END && rest == 0 ? document : nil
}
