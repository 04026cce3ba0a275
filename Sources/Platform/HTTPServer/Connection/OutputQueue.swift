import CSystem
import Formats
import Glibc
import TLS

/// The bytes of responses on their way to one client, in order.
///
/// Small responses are gathered in one buffer, and leave in one call. A large body is not copied: a body that is sent to many clients
/// is in memory once.
struct OutputQueue {
    enum Progress { case drained, blocked, failed }

    /// From this size a body is not copied.
    private static let largeBody = 32 << 10

    /// The buffer that responses are written to. The group lends it while it is not empty.
    var open: [UInt8] = []
    private(set) var closed: [[UInt8]] = []
    private var firstClosed = 0
    /// How many bytes of the first array are sent.
    private var sent = 0
    /// The number of bytes that wait.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// The memory in use, in bytes. An array that has grown may be larger than its content.
    var heldBytes: Int { isEmpty ? 0 : max(count, count - (open.count - sentOfOpen) + open.capacity) }

    private var sentOfOpen: Int { firstClosed >= closed.count ? sent : 0 }

    mutating func append(_ response: Response, in context: ResponseContext, date: [UInt8]) {
        let before = open.count
        open.appendHead(of: response, in: context, date: date)
        count += open.count - before
        if context.sendsBody(with: response.status) { append(response.body) }
    }

    /// Adds bytes, as a chunk or as they are. No bytes are the last chunk (RFC 9112 §7.1).
    mutating func append(_ bytes: [UInt8], asChunk isChunk: Bool) {
        guard isChunk else { return append(bytes) }
        let before = open.count
        open.append(contentsOf: String(bytes.count, radix: 16).utf8)
        open.append("\r\n" as StaticString)
        count += open.count - before
        append(bytes)
        open.append("\r\n" as StaticString)
        count += 2
    }

    private mutating func append(_ bytes: [UInt8]) {
        count += bytes.count
        if bytes.count < Self.largeBody {
            open.append(contentsOf: bytes)
        } else {
            // TLS takes an empty write for the end of the connection.
            if !open.isEmpty { closed.append(open) }
            closed.append(bytes)
            open = []
        }
    }

    mutating func appendContinue() {
        let line: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"
        open.append(line)
        count += line.utf8CodeUnitCount
    }

    /// Sends as much as the socket accepts.
    mutating func flush(to descriptor: Int32, through tls: TLSSession? = nil) -> Progress {
        while count > 0 {
            let isOpen = firstClosed >= closed.count
            let rest = (isOpen ? open.count : closed[firstClosed].count) - sent
            let flags = Int32(MSG_NOSIGNAL) | (count > rest ? Int32(MSG_MORE) : 0)
            let result = isOpen ? send(open, descriptor, tls, flags) : send(closed[firstClosed], descriptor, tls, flags)
            guard result >= 0 else {
                if errno == EINTR { continue }
                return errno == EAGAIN || errno == EWOULDBLOCK ? .blocked : .failed
            }
            count -= result
            sent += result
            // After a short write the socket is full, and the loop reports when it no longer is. With TLS a write may also end
            // after a record.
            if result < rest, tls == nil || result == 0 {
                forgetSent()
                return .blocked
            }
            if !isOpen, result == rest {
                closed[firstClosed] = []
                firstClosed += 1
                sent = 0
            }
        }
        closed.removeAll(keepingCapacity: firstClosed < 8)
        firstClosed = 0
        sent = 0
        open.removeAll(keepingCapacity: true)
        return .drained
    }

    /// Without this, the queue would grow for ever for a client that never accepts everything, and few bytes could hold a large
    /// buffer.
    private mutating func forgetSent() {
        if firstClosed > 32 {
            closed.removeSubrange(..<firstClosed)
            firstClosed = 0
        }
        guard firstClosed >= closed.count else { return }
        if open.capacity > Self.largeBody, open.capacity / 4 > open.count - sent {
            open = Array(open[sent...])
            sent = 0
        } else if sent >= open.count / 2 {
            open.removeSubrange(..<sent)
            sent = 0
        }
    }

    private func send(_ bytes: [UInt8], _ descriptor: Int32, _ tls: TLSSession?, _ flags: Int32) -> Int {
        bytes.withUnsafeBytes { buffer in
            let rest = UnsafeRawBufferPointer(rebasing: buffer.dropFirst(sent))
            if let tls {
                do throws(TLSError) {
                    return try tls.write(rest)
                } catch {
                    errno = ECONNRESET
                    return -1
                }
            }
            return Glibc.send(descriptor, rest.baseAddress, rest.count, flags)
        }
    }
}
