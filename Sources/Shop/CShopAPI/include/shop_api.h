#ifndef SHOP_API_H
#define SHOP_API_H

#include "mail_templates.h"

#include <stddef.h>
#include <stdint.h>

// Each function returns the bytes of one file, which are part of the program, and writes their number to `count`.

const uint8_t *_Nonnull money_openapi(size_t *_Nonnull count);
const uint8_t *_Nonnull catalog_openapi(size_t *_Nonnull count);
const uint8_t *_Nonnull cart_openapi(size_t *_Nonnull count);
const uint8_t *_Nonnull cart_live_openapi(size_t *_Nonnull count);
const uint8_t *_Nonnull inventory_openapi(size_t *_Nonnull count);
const uint8_t *_Nonnull orders_openapi(size_t *_Nonnull count);
const uint8_t *_Nonnull accounts_openapi(size_t *_Nonnull count);
const uint8_t *_Nonnull webhooks_openapi(size_t *_Nonnull count);
const uint8_t *_Nonnull recommendations_openapi(size_t *_Nonnull count);

#endif
