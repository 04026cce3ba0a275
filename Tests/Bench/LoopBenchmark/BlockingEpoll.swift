import CSystem
import Dispatch
import Glibc

/// One thread that waits in epoll_wait(2) for ever, inside a Dispatch block: what watching sockets costs at least.
final class BlockingEpoll: LoopBenchmarkServer {
    private let queue = DispatchQueue(label: "epoll")

    func serve(_ listener: Int32) {
        queue.async {
            let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
            csystem_epoll_control(epoll, EPOLL_CTL_ADD, listener, EPOLLIN.rawValue, UInt64(listener))
            var events = [epoll_event](repeating: epoll_event(), count: 256)
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = epoll_wait(epoll, &events, Int32(events.count), -1)
                for index in 0..<Int(max(0, count)) {
                    let socket = Int32(truncatingIfNeeded: csystem_epoll_token(&events[index]))
                    if socket == listener {
                        while case let new = FixedReply.accept(listener), new >= 0 {
                            csystem_epoll_control(epoll, EPOLL_CTL_ADD, new, EPOLLIN.rawValue, UInt64(new))
                        }
                    } else if !FixedReply.exchange(socket, &buffer) {
                        close(socket)
                    }
                }
            }
        }
    }
}
