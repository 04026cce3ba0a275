#ifndef COMMON_PASSWORDS_H
#define COMMON_PASSWORDS_H

#include <stddef.h>
#include <stdint.h>

/// The bytes of passwords.txt, which lie in the program; `count` gets their number. One password a line, in the order of bytes.
const uint8_t *_Nonnull common_passwords(size_t *_Nonnull count);

#endif
