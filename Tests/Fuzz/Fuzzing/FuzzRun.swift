import Glibc

/// Tries targets in turn with damaged inputs until the time is over.
package struct FuzzRun {
    /// How many inputs one target gets before it is the next one's turn.
    private static let batch = 256
    /// What a batch may use of the processor before it counts as hanging, in seconds.
    private static let secondsPerInput = 30
    private static let largestPool = 4_096

    private let targets: [(number: Int, target: any FuzzTarget)]
    private let state: FuzzState
    private var mutator: Mutator
    private var pools: [[[UInt8]]]
    private let seeds: [Int]
    private var seen: [Set<Int>]

    /// - Parameter only: the name of the one target to try; nil: all.
    package init(corpus: Corpus, state: FuzzState, seed: UInt64, only: String?) throws {
        targets = fuzzTargets.enumerated().filter { only == nil || $0.element.name == only }.map { ($0.offset, $0.element) }
        self.state = state
        mutator = Mutator(seed: seed)
        pools = try targets.map { try corpus.inputs(of: $0.target).map(\.bytes) }
        for index in pools.indices where pools[index].isEmpty { pools[index] = [[]] }
        seeds = pools.map(\.count)
        seen = targets.map { _ in [] }
    }

    /// Throws ``FuzzFault`` for the input that ``FuzzState/input`` then holds; a batch that hangs ends the process by SIGPROF.
    package mutating func run(seconds: Int) throws(FuzzFault) {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        repeat {
            for index in targets.indices {
                var limit = itimerval(it_interval: timeval(), it_value: timeval(tv_sec: Self.secondsPerInput, tv_usec: 0))
                setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &limit, nil)
                for _ in 0..<Self.batch { try tryOne(index) }
            }
        } while clock.now < end
        var off = itimerval()
        setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &off, nil)
    }

    private mutating func tryOne(_ index: Int) throws(FuzzFault) {
        let (number, target) = targets[index]
        let input = mutator.mutant(of: pools[index], seeds: seeds[index], pieces: target.pieces)
        state.begin(number, input)
        let outcome = try target.check(input)
        // An input that leads where none has led before is one to go on from.
        if pools[index].count < Self.largestPool, input.count <= 1_024, seen[index].insert(outcome).inserted {
            pools[index].append(input)
        }
    }
}
