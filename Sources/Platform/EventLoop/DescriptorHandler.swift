/// Owner of a descriptor that a loop watches.
package protocol DescriptorHandler: AnyObject {
    /// Called on the loop, level-triggered: again on every turn for as long as the condition lasts.
    func descriptorReady(_ readiness: Readiness)
}
