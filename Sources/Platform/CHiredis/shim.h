#pragma once

#include <hiredis/hiredis.h>
#include <hiredis/read.h>
#include <stdint.h>
#include <string.h>

/// The type of what the reader is in the middle of, or -1. Debian 12 has hiredis 0.14, later Ubuntus 1.x.
static inline int chiredis_current_type(const redisReader *reader) {
    int index = reader->ridx;
#if HIREDIS_MAJOR >= 1
    return index >= 0 && index < reader->tasks ? reader->task[index]->type : -1;
#else
    return index >= 0 && index < 9 ? reader->rstack[index].type : -1;
#endif
}

/// How many bytes the reader holds of a reply that is not yet whole.
static inline size_t chiredis_held(const redisReader *reader) {
    return reader->len > reader->pos ? reader->len - reader->pos : 0;
}

/// How many bytes of an unfinished line the reader holds: 0 between replies and inside a bulk string's body.
/// The reader looks for the line's end from its beginning each time it is fed, and has no limit of its own.
static inline size_t chiredis_unfinished_line(const redisReader *reader) {
    size_t held = chiredis_held(reader);
    if (held == 0 || reader->buf == NULL) return 0;
    // A bulk string's length is a line, its body is not; 32 bytes hold any length.
    if (chiredis_current_type(reader) == REDIS_REPLY_STRING
        && memchr(reader->buf + reader->pos, '\r', held < 32 ? held : 32) != NULL) return 0;
    return held;
}
