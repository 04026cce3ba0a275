import Glibc

/// What a run is about, in a file mapped into memory: it outlives the process, however that ends.
// Unchecked: one run writes it, and who reads it does so when that has ended.
package final class FuzzState: @unchecked Sendable {
    private static let inputOffset = 4_096
    private static let size = inputOffset + Mutator.largest
    private let memory: UnsafeMutableRawBufferPointer

    /// Opens the file, which is made where it is missing. Nil where it can't be written.
    package init?(path: String) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard ftruncate(descriptor, Self.size) == 0,
            let address = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), address != MAP_FAILED
        else { return nil }
        memory = UnsafeMutableRawBufferPointer(start: address, count: Self.size)
    }

    deinit { munmap(memory.baseAddress, memory.count) }

    /// The number of the target at work, and its input.
    package var input: (target: Int, bytes: [UInt8]) {
        let count = min(max(0, self[1]), Mutator.largest)
        return (self[0], Array(memory[Self.inputOffset..<Self.inputOffset + count]))
    }

    /// Remembers what is tried next, and counts it.
    func begin(_ target: Int, _ input: [UInt8]) {
        let count = min(input.count, Mutator.largest)
        self[0] = target
        self[1] = count
        self[2 + target] += 1
        let room = UnsafeMutableRawBufferPointer(rebasing: memory[Self.inputOffset..<Self.inputOffset + count])
        room.copyBytes(from: input[..<count])
    }

    /// How many inputs a target was tried with.
    package func executions(_ target: Int) -> Int { self[2 + target] }

    private subscript(word: Int) -> Int {
        get { memory.load(fromByteOffset: 8 * word, as: Int.self) }
        set { memory.storeBytes(of: newValue, toByteOffset: 8 * word, as: Int.self) }
    }
}
