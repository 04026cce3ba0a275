/// Where the loop finds the owner of a descriptor.
struct DescriptorSlot {
    var generation: UInt32
    var handler: (any DescriptorHandler)?
    var interest: Readiness
}
