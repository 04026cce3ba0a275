#include "mail_templates.h"

// C23's #embed (N3017), as in shop_api.c.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t de__foot_html[] = {
#embed "../Notifications/Templates/de/_foot.html"
};

static const uint8_t de__head_html[] = {
#embed "../Notifications/Templates/de/_head.html"
};

static const uint8_t de__hello_html[] = {
#embed "../Notifications/Templates/de/_hello.html"
};

static const uint8_t de__hello_txt[] = {
#embed "../Notifications/Templates/de/_hello.txt"
};

static const uint8_t de__order_html[] = {
#embed "../Notifications/Templates/de/_order.html"
};

static const uint8_t de__order_txt[] = {
#embed "../Notifications/Templates/de/_order.txt"
};

static const uint8_t de_order_cancelled_html[] = {
#embed "../Notifications/Templates/de/order-cancelled.html"
};

static const uint8_t de_order_cancelled_txt[] = {
#embed "../Notifications/Templates/de/order-cancelled.txt"
};

static const uint8_t de_order_expired_html[] = {
#embed "../Notifications/Templates/de/order-expired.html"
};

static const uint8_t de_order_expired_txt[] = {
#embed "../Notifications/Templates/de/order-expired.txt"
};

static const uint8_t de_order_placed_html[] = {
#embed "../Notifications/Templates/de/order-placed.html"
};

static const uint8_t de_order_placed_txt[] = {
#embed "../Notifications/Templates/de/order-placed.txt"
};

static const uint8_t de_stock_low_html[] = {
#embed "../Notifications/Templates/de/stock-low.html"
};

static const uint8_t de_stock_low_txt[] = {
#embed "../Notifications/Templates/de/stock-low.txt"
};

static const uint8_t de_webhook_disabled_html[] = {
#embed "../Notifications/Templates/de/webhook-disabled.html"
};

static const uint8_t de_webhook_disabled_txt[] = {
#embed "../Notifications/Templates/de/webhook-disabled.txt"
};

static const uint8_t en__foot_html[] = {
#embed "../Notifications/Templates/en/_foot.html"
};

static const uint8_t en__head_html[] = {
#embed "../Notifications/Templates/en/_head.html"
};

static const uint8_t en__hello_html[] = {
#embed "../Notifications/Templates/en/_hello.html"
};

static const uint8_t en__hello_txt[] = {
#embed "../Notifications/Templates/en/_hello.txt"
};

static const uint8_t en__order_html[] = {
#embed "../Notifications/Templates/en/_order.html"
};

static const uint8_t en__order_txt[] = {
#embed "../Notifications/Templates/en/_order.txt"
};

static const uint8_t en_order_cancelled_html[] = {
#embed "../Notifications/Templates/en/order-cancelled.html"
};

static const uint8_t en_order_cancelled_txt[] = {
#embed "../Notifications/Templates/en/order-cancelled.txt"
};

static const uint8_t en_order_expired_html[] = {
#embed "../Notifications/Templates/en/order-expired.html"
};

static const uint8_t en_order_expired_txt[] = {
#embed "../Notifications/Templates/en/order-expired.txt"
};

static const uint8_t en_order_placed_html[] = {
#embed "../Notifications/Templates/en/order-placed.html"
};

static const uint8_t en_order_placed_txt[] = {
#embed "../Notifications/Templates/en/order-placed.txt"
};

static const uint8_t en_stock_low_html[] = {
#embed "../Notifications/Templates/en/stock-low.html"
};

static const uint8_t en_stock_low_txt[] = {
#embed "../Notifications/Templates/en/stock-low.txt"
};

static const uint8_t en_webhook_disabled_html[] = {
#embed "../Notifications/Templates/en/webhook-disabled.html"
};

static const uint8_t en_webhook_disabled_txt[] = {
#embed "../Notifications/Templates/en/webhook-disabled.txt"
};

static const uint8_t pages_mailbox_mail_html[] = {
#embed "../Notifications/Pages/Files/mailbox-mail.html"
};

static const uint8_t pages_mailbox_html[] = {
#embed "../Notifications/Pages/Files/mailbox.html"
};

static const uint8_t pages_order_html[] = {
#embed "../Notifications/Pages/Files/order.html"
};

static const uint8_t pages_order_js[] = {
#embed "../Notifications/Pages/Files/order.js"
};

static const uint8_t pages_page_css[] = {
#embed "../Notifications/Pages/Files/page.css"
};

#define MAIL_TEMPLATE(path, bytes) { path, bytes, sizeof bytes }

static const struct mail_template templates[] = {
    MAIL_TEMPLATE("de/_foot.html", de__foot_html),
    MAIL_TEMPLATE("de/_head.html", de__head_html),
    MAIL_TEMPLATE("de/_hello.html", de__hello_html),
    MAIL_TEMPLATE("de/_hello.txt", de__hello_txt),
    MAIL_TEMPLATE("de/_order.html", de__order_html),
    MAIL_TEMPLATE("de/_order.txt", de__order_txt),
    MAIL_TEMPLATE("de/order-cancelled.html", de_order_cancelled_html),
    MAIL_TEMPLATE("de/order-cancelled.txt", de_order_cancelled_txt),
    MAIL_TEMPLATE("de/order-expired.html", de_order_expired_html),
    MAIL_TEMPLATE("de/order-expired.txt", de_order_expired_txt),
    MAIL_TEMPLATE("de/order-placed.html", de_order_placed_html),
    MAIL_TEMPLATE("de/order-placed.txt", de_order_placed_txt),
    MAIL_TEMPLATE("de/stock-low.html", de_stock_low_html),
    MAIL_TEMPLATE("de/stock-low.txt", de_stock_low_txt),
    MAIL_TEMPLATE("de/webhook-disabled.html", de_webhook_disabled_html),
    MAIL_TEMPLATE("de/webhook-disabled.txt", de_webhook_disabled_txt),
    MAIL_TEMPLATE("en/_foot.html", en__foot_html),
    MAIL_TEMPLATE("en/_head.html", en__head_html),
    MAIL_TEMPLATE("en/_hello.html", en__hello_html),
    MAIL_TEMPLATE("en/_hello.txt", en__hello_txt),
    MAIL_TEMPLATE("en/_order.html", en__order_html),
    MAIL_TEMPLATE("en/_order.txt", en__order_txt),
    MAIL_TEMPLATE("en/order-cancelled.html", en_order_cancelled_html),
    MAIL_TEMPLATE("en/order-cancelled.txt", en_order_cancelled_txt),
    MAIL_TEMPLATE("en/order-expired.html", en_order_expired_html),
    MAIL_TEMPLATE("en/order-expired.txt", en_order_expired_txt),
    MAIL_TEMPLATE("en/order-placed.html", en_order_placed_html),
    MAIL_TEMPLATE("en/order-placed.txt", en_order_placed_txt),
    MAIL_TEMPLATE("en/stock-low.html", en_stock_low_html),
    MAIL_TEMPLATE("en/stock-low.txt", en_stock_low_txt),
    MAIL_TEMPLATE("en/webhook-disabled.html", en_webhook_disabled_html),
    MAIL_TEMPLATE("en/webhook-disabled.txt", en_webhook_disabled_txt),
    MAIL_TEMPLATE("pages/mailbox-mail.html", pages_mailbox_mail_html),
    MAIL_TEMPLATE("pages/mailbox.html", pages_mailbox_html),
    MAIL_TEMPLATE("pages/order.html", pages_order_html),
    MAIL_TEMPLATE("pages/order.js", pages_order_js),
    MAIL_TEMPLATE("pages/page.css", pages_page_css),
};

const struct mail_template *mail_templates(size_t *count) {
    *count = sizeof templates / sizeof templates[0];
    return templates;
}
