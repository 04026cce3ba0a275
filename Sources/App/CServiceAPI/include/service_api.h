#ifndef SERVICE_API_H
#define SERVICE_API_H

#include <stddef.h>
#include <stdint.h>

// Each function returns the bytes of one file, which are part of the program, and writes their number to `count`.

const uint8_t *_Nonnull service_openapi(size_t *_Nonnull count);
const uint8_t *_Nonnull introduction_markdown(size_t *_Nonnull count);

#endif
