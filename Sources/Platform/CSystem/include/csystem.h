// What Swift cannot reach itself on Linux: macros, varargs, thread-local storage, flags behind _GNU_SOURCE.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>

// epoll_event is a packed struct around a union; these keep its layout out of Swift.
/// Adds, changes or removes interest in a descriptor; 0 or -1 with errno (epoll_ctl(2)).
int csystem_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token);
/// The token given when the descriptor was added.
uint64_t csystem_epoll_token(const struct epoll_event *event);

/// A non-blocking eventfd that starts at zero, closed on exec (eventfd(2)).
int csystem_eventfd(void);
/// A non-blocking monotonic timerfd, closed on exec (timerfd_create(2)).
int csystem_timerfd(void);
/// Arms a timerfd for an absolute monotonic time in nanoseconds; 0 disarms it.
int csystem_timerfd_set(int descriptor, uint64_t deadline);

/// The monotonic clock in nanoseconds.
uint64_t csystem_monotonic(void);
/// The wall clock in microseconds since 1970.
int64_t csystem_realtime(void);

/// The event loop whose turn runs on this thread, or null.
const void *csystem_current_loop(void);
void csystem_set_current_loop(const void *loop);

/// Prepares a listening stream socket that another process has opened: non-blocking, closed on exec.
/// 0, or -1 with errno: ENOTSOCK or EINVAL where it is no such socket.
int csystem_take_listener(int descriptor);

/// A TCP socket that listens on host and port: non-blocking, closed on exec, SO_REUSEADDR; -1 with errno.
int csystem_listen(const char *host, uint16_t port, int backlog);
/// Accepts one connection: non-blocking, closed on exec, TCP_NODELAY; -1 with errno.
/// The peer's address goes to `address` as text without port.
int csystem_accept(int listener, char *address, size_t capacity, uint16_t *port);
/// The port a socket is bound to, or 0.
uint16_t csystem_local_port(int descriptor);
/// Starts a non-blocking TCP connection to a numeric address; the descriptor, or -1 with errno.
int csystem_connect(const char *address, uint16_t port);
/// The pending error of a socket (SO_ERROR), 0 when it is connected.
int csystem_socket_error(int descriptor);
/// Resolves a host name to numeric addresses separated by newlines; blocks. The number found, or -1.
int csystem_resolve(const char *host, char *addresses, size_t capacity);

/// Keeps secrets out of core files: allows none (setrlimit(2), RLIMIT_CORE), and keeps memory out of those that the kernel pipes to
/// a program all the same (core(5), coredump_filter). A backtrace is still printed.
void csystem_forbid_core_dumps(void);
/// The soft limit of open files (getrlimit(2), RLIMIT_NOFILE).
uint64_t csystem_open_files_limit(void);
/// Raises the soft limit of open files to the hard one; the limit in force.
uint64_t csystem_raise_open_files(void);
/// How many CPUs this process may run on (sched_getaffinity(2)), at least 1.
int csystem_affinity_count(void);
