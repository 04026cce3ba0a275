// Only for ThreadSanitizer. It sees the atomics of Swift's Mutex that are compiled into the code that locks it. Under contention
// Swift's library continues without instrumentation, and the sanitizer would report everything that the mutex guards. These
// functions stand in between, and tell the sanitizer. The names and the calling convention (self in the context register) are those
// of Swift's ABI for Linux.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

void __tsan_acquire(void *);
void __tsan_release(void *);

static void (*lock_slow)(uint32_t, __attribute__((swift_context)) void *) __attribute__((swiftcall));
static void (*unlock_slow)(__attribute__((swift_context)) void *) __attribute__((swiftcall));

// A version of Swift without such functions does not call them.
__attribute__((constructor)) static void find(void) {
    *(void **)&lock_slow = dlsym(RTLD_NEXT, LOCK_SLOW);
    *(void **)&unlock_slow = dlsym(RTLD_NEXT, UNLOCK_SLOW);
}

__attribute__((swiftcall, no_sanitize("thread"))) void csystem_lock_slow(
    uint32_t thread, __attribute__((swift_context)) void *mutex) __asm__(LOCK_SLOW);
__attribute__((swiftcall)) void csystem_lock_slow(uint32_t thread, __attribute__((swift_context)) void *mutex) {
    lock_slow(thread, mutex);
    __tsan_acquire(mutex);
}

__attribute__((swiftcall, no_sanitize("thread"))) void csystem_unlock_slow(
    __attribute__((swift_context)) void *mutex) __asm__(UNLOCK_SLOW);
__attribute__((swiftcall)) void csystem_unlock_slow(__attribute__((swift_context)) void *mutex) {
    __tsan_release(mutex);
    unlock_slow(mutex);
}
#endif
#endif
