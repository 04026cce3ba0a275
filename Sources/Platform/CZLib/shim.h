#pragma once
#include <string.h>
#include <zlib.h>

/// deflateInit2 is a macro, which Swift does not see. 16 beside the window's bits: a gzip wrapper (zlib.h).
static inline int czlib_gzip_begin(z_stream *stream, int level) {
    memset(stream, 0, sizeof *stream);
    return deflateInit2(stream, level, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
}

/// The same for reading, of gzip only.
static inline int czlib_gunzip_begin(z_stream *stream) {
    memset(stream, 0, sizeof *stream);
    return inflateInit2(stream, MAX_WBITS + 16);
}
