#ifndef OPEN_API_H
#define OPEN_API_H

#include <stddef.h>
#include <stdint.h>

// Each function returns the bytes of one file, which are part of the program, and writes their number to `count`.

const uint8_t *_Nonnull problems_openapi(size_t *_Nonnull count);
const uint8_t *_Nonnull headers_openapi(size_t *_Nonnull count);
const uint8_t *_Nonnull docs_openapi(size_t *_Nonnull count);
const uint8_t *_Nonnull docs_css(size_t *_Nonnull count);
const uint8_t *_Nonnull home_css(size_t *_Nonnull count);

#endif
