import CSystem
import Dispatch
import EventLoop
import Glibc

// What it costs to watch sockets this way or that: one thread of work, a fixed reply to whatever was read, one write
// for one read. `loop-benchmark MODE PORT` serves until SIGINT or SIGTERM and then prints its CPU time in
// microseconds; wrk, which counts the requests, divides.

let modes = ["epoll", "sources", "loop", "task", "server", "shop"]
let arguments = CommandLine.arguments
guard arguments.count == 3, modes.contains(arguments[1]), let port = UInt16(arguments[2]) else {
    print("usage: loop-benchmark \(modes.joined(separator: "|")) PORT")
    exit(64)
}
let listener = csystem_listen("127.0.0.1", port, 1_024)
guard listener >= 0 else {
    print("cannot listen on port \(port)")
    exit(69)
}
signal(SIGPIPE, SIG_IGN)

nonisolated let finish = DispatchSemaphore(value: 0)
let signals = [SIGINT, SIGTERM].map { number in
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler { @Sendable in finish.signal() }
    source.activate()
    return source
}

let server: any LoopBenchmarkServer =
    switch arguments[1] {
    case "epoll": BlockingEpoll()
    case "sources": SourcePerConnection()
    case "server": try BareServer()
    case "shop": try ShopFrame.server()
    case "task": try LoopServer(startsTasks: true)
    default: try LoopServer(startsTasks: false)
    }
server.serve(listener)
finish.wait()

var usage = rusage()
getrusage(0, &usage) // RUSAGE_SELF
print(usage.ru_utime.tv_sec * 1_000_000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_sec * 1_000_000 + usage.ru_stime.tv_usec)
