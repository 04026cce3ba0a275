import RedisClient

/// Says that a cart has changed, once that is committed: to the listeners of this process, and through Redis to those of the
/// others. Waits for nobody, and cannot fail: who is not reached looks by itself before long. Of one loop.
package struct CartChanges {
    let watch: CartWatch
    let redis: RedisClient?

    package init(watch: CartWatch, redis: RedisClient?) {
        self.watch = watch
        self.redis = redis
    }

    package func tell(_ hint: CartHint) {
        watch.tell(hint)
        redis?.post(["PUBLISH", .text(CartHint.channel), .bytes(hint.payload)])
    }
}
