import RedisClient

/// Says that a cart has changed, once that is committed: to the listeners of this process, and through Redis to those of the
/// others. Waits for nobody, and cannot fail: who is not reached looks by itself before long. Of one loop.
package struct CartChangePublisher {
    let watch: WatchedCartRegistry
    let redis: RedisClient?

    package init(watch: WatchedCartRegistry, redis: RedisClient?) {
        self.watch = watch
        self.redis = redis
    }

    package func tell(_ hint: CartChangedEvent) {
        watch.tell(hint)
        redis?.post(["PUBLISH", .text(CartChangedEvent.channel), .bytes(hint.payload)])
    }
}
