/// The name of a resource of AWS: `arn:partition:service:region:account:resource`.
struct ARN: Equatable {
    let partition: String
    let service: String
    /// Empty for resources without a region.
    let region: String
    let resource: String

    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", !parts[1].isEmpty, !parts[2].isEmpty, !parts[5].isEmpty,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), AWSName.isRegion(parts[3]) || parts[3].isEmpty
        else { return nil }
        partition = String(parts[1])
        service = String(parts[2])
        region = String(parts[3])
        resource = String(parts[5])
    }

    /// The domain of the partition's services.
    var domain: String { AWSName.domain(partition: partition) }
}

/// Names of AWS that become parts of host names.
package enum AWSName {
    /// As `eu-central-1` or `us-gov-west-1`.
    package static func isRegion(_ text: some StringProtocol) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard (3...6).contains(parts.count), text.utf8.count <= 40 else { return false }
        return parts.allSatisfy { part in
            !part.isEmpty && part.allSatisfy { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") || $0 >= 0x30 && $0 <= 0x39 }
        }
    }

    static func domain(partition: String) -> String { partition == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com" }

    /// The domain of services in a region.
    static func domain(region: String) -> String { domain(partition: region.hasPrefix("cn-") ? "aws-cn" : "aws") }
}
