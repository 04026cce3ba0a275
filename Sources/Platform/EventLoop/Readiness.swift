import CSystem

/// What a descriptor is ready for, or what its owner wants to hear of (epoll_ctl(2)).
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Bytes (or a connection, or the end of the stream) can be read.
    package static let read = Readiness(rawValue: EPOLLIN.rawValue)
    /// Bytes can be written.
    package static let write = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The peer closed its writing half; the rest can still be read.
    package static let peerClosed = Readiness(rawValue: EPOLLRDHUP.rawValue)
    /// The connection is gone in both directions. Reported whether asked for or not.
    package static let hangup = Readiness(rawValue: EPOLLHUP.rawValue)
    /// The descriptor has an error. Reported whether asked for or not.
    package static let failure = Readiness(rawValue: EPOLLERR.rawValue)
}
