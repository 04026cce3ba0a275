import CSystem
import EventLoop
import Glibc

// An open-loop load: requests come when they come, whether those before them are answered or not, as those of many people do.
// A closed loop, as of wrk, asks no faster than it is answered, and so hides what overload does (Schroeder, Wierman,
// Harchol-Balter: "Open Versus Closed", NSDI 2006). Times count from when a request was meant to be sent.
//
//     open-load PORT NAME:KIND:ADDRESS:RATExSECONDS[,RATExSECONDS...] ...
//
// Each NAME is a client; the service sees ADDRESS in X-Forwarded-For. KIND is one of RequestKind. Prints one JSON object: for
// each client and each of its phases what came of the requests that were meant to be sent in it.

let arguments = CommandLine.arguments
guard arguments.count > 2, let port = UInt16(arguments[1]) else {
    print("usage: open-load PORT NAME:KIND:ADDRESS:RATExSECONDS[,…] …")
    exit(64)
}
signal(SIGPIPE, SIG_IGN)
_ = csystem_raise_open_files()
let loop = try EventLoop(label: "load")
let specifications = arguments.dropFirst(2).map { LoadSpecification($0) }
guard !specifications.contains(where: { $0 == nil }) else {
    print("open-load: not a client: \(arguments.dropFirst(2))")
    exit(64)
}
loop.execute {
    let load = OpenLoad(loop, port: port, specifications.compactMap { $0 }) { result in
        print(result)
        exit(0)
    }
    load.start()
}
while true { pause() }
