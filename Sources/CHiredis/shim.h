#pragma once

#include <hiredis/hiredis.h>
#include <hiredis/read.h>
#include <stdint.h>
#include <string.h>

/// How many bytes of an unfinished line the reader holds: 0 between replies and inside a bulk string's body.
/// The reader looks for the line's end from its beginning each time it is fed, and has no limit of its own.
static inline size_t chiredis_unfinished_line(const redisReader *reader) {
    if (reader->buf == NULL || reader->len <= reader->pos) return 0;
    size_t held = reader->len - reader->pos;
    int index = reader->ridx;
    // A bulk string's length is a line, its body is not; 32 bytes hold any length.
    if (index >= 0 && index < 9 && reader->rstack[index].type == REDIS_REPLY_STRING
        && memchr(reader->buf + reader->pos, '\r', held < 32 ? held : 32) != NULL) return 0;
    return held;
}

/// How many bytes the reader holds of a reply that is not yet whole.
static inline size_t chiredis_held(const redisReader *reader) {
    return reader->len > reader->pos ? reader->len - reader->pos : 0;
}
