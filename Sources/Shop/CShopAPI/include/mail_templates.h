#ifndef MAIL_TEMPLATES_H
#define MAIL_TEMPLATES_H

#include <stddef.h>
#include <stdint.h>

// A file of Sources/Shop/Notifications/Templates or of Pages/Files beside it.
struct mail_template {
    // Such as en/order-placed.txt or pages/order.js.
    const char *_Nonnull path;
    const uint8_t *_Nonnull bytes;
    size_t count;
};

// All templates, which are part of the program; their number is written to `count`. A test compares them with the directory.
const struct mail_template *_Nonnull mail_templates(size_t *_Nonnull count);

#endif
