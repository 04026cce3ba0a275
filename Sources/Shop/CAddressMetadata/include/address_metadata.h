#ifndef ADDRESS_METADATA_H
#define ADDRESS_METADATA_H

#include <stddef.h>
#include <stdint.h>

/// The bytes of requirements.txt, which lie in the program; `count` gets their number.
const uint8_t *_Nonnull address_requirements(size_t *_Nonnull count);

#endif
