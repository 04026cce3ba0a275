import Fuzzing
import Testing
import TestSupport

@Suite struct CorpusTests {
    @Test("every target accepts the inputs of its corpus without a fault", arguments: fuzzTargets.indices)
    func corpus(number: Int) throws {
        let target = fuzzTargets[number]
        let inputs = try Corpus(TestEnvironment.read().root + "/Tests/Fuzz/Corpus").inputs(of: target)
        #expect(!inputs.isEmpty)
        for (name, bytes) in inputs {
            #expect(throws: Never.self, "\(target.name)/\(name)") { _ = try target.check(bytes) }
        }
    }

    @Test("every target accepts a thousand damaged inputs without a fault", arguments: fuzzTargets.indices)
    func mutants(number: Int) throws {
        let target = fuzzTargets[number]
        let pool = try Corpus(TestEnvironment.read().root + "/Tests/Fuzz/Corpus").inputs(of: target).map(\.bytes)
        var mutator = Mutator(seed: 1)
        for _ in 0..<1_000 {
            let input = mutator.mutant(of: pool, seeds: pool.count, pieces: target.pieces)
            #expect(throws: Never.self, "\(String(decoding: input, as: UTF8.self).debugDescription)") {
                _ = try target.check(input)
            }
        }
    }
}
