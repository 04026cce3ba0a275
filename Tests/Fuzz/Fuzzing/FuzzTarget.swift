/// Something that reads bytes from outside, and what must hold for every input.
package protocol FuzzTarget: Sendable {
    /// The name of its folder of the corpus.
    var name: String { get }
    /// Texts that matter to what is read, for mutation to put in.
    var pieces: [[UInt8]] { get }

    /// Reads the input and checks what must hold; a trap or a hang is the process's to tell.
    /// - Returns: a number for what came of it: an input with a new one is worth going on from.
    /// - Throws: ``FuzzFault`` where something does not hold.
    func check(_ input: [UInt8]) throws(FuzzFault) -> Int
}

/// All of them.
package let fuzzTargets: [any FuzzTarget] = [
    RequestFuzz(), ChunkedFuzz(), URLFuzz(), JSONFuzz(), RowsFuzz(.ndjson), RowsFuzz(.csv), WebSocketFuzz(),
]
