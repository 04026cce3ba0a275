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

static const uint8_t de_account_deleted_html[] = {
#embed "../Notifications/Templates/de/account-deleted.html"
};

static const uint8_t de_account_deleted_txt[] = {
#embed "../Notifications/Templates/de/account-deleted.txt"
};

static const uint8_t de_account_exists_html[] = {
#embed "../Notifications/Templates/de/account-exists.html"
};

static const uint8_t de_account_exists_txt[] = {
#embed "../Notifications/Templates/de/account-exists.txt"
};

static const uint8_t de_email_change_new_html[] = {
#embed "../Notifications/Templates/de/email-change-new.html"
};

static const uint8_t de_email_change_new_txt[] = {
#embed "../Notifications/Templates/de/email-change-new.txt"
};

static const uint8_t de_email_change_old_html[] = {
#embed "../Notifications/Templates/de/email-change-old.html"
};

static const uint8_t de_email_change_old_txt[] = {
#embed "../Notifications/Templates/de/email-change-old.txt"
};

static const uint8_t de_email_confirmation_html[] = {
#embed "../Notifications/Templates/de/email-confirmation.html"
};

static const uint8_t de_email_confirmation_txt[] = {
#embed "../Notifications/Templates/de/email-confirmation.txt"
};

static const uint8_t de_new_sign_in_html[] = {
#embed "../Notifications/Templates/de/new-sign-in.html"
};

static const uint8_t de_new_sign_in_txt[] = {
#embed "../Notifications/Templates/de/new-sign-in.txt"
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

static const uint8_t de_order_link_html[] = {
#embed "../Notifications/Templates/de/order-link.html"
};

static const uint8_t de_order_link_txt[] = {
#embed "../Notifications/Templates/de/order-link.txt"
};

static const uint8_t de_order_placed_html[] = {
#embed "../Notifications/Templates/de/order-placed.html"
};

static const uint8_t de_order_placed_txt[] = {
#embed "../Notifications/Templates/de/order-placed.txt"
};

static const uint8_t de_password_changed_html[] = {
#embed "../Notifications/Templates/de/password-changed.html"
};

static const uint8_t de_password_changed_txt[] = {
#embed "../Notifications/Templates/de/password-changed.txt"
};

static const uint8_t de_password_reset_html[] = {
#embed "../Notifications/Templates/de/password-reset.html"
};

static const uint8_t de_password_reset_txt[] = {
#embed "../Notifications/Templates/de/password-reset.txt"
};

static const uint8_t de_sign_in_link_html[] = {
#embed "../Notifications/Templates/de/sign-in-link.html"
};

static const uint8_t de_sign_in_link_txt[] = {
#embed "../Notifications/Templates/de/sign-in-link.txt"
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

static const uint8_t en_account_deleted_html[] = {
#embed "../Notifications/Templates/en/account-deleted.html"
};

static const uint8_t en_account_deleted_txt[] = {
#embed "../Notifications/Templates/en/account-deleted.txt"
};

static const uint8_t en_account_exists_html[] = {
#embed "../Notifications/Templates/en/account-exists.html"
};

static const uint8_t en_account_exists_txt[] = {
#embed "../Notifications/Templates/en/account-exists.txt"
};

static const uint8_t en_email_change_new_html[] = {
#embed "../Notifications/Templates/en/email-change-new.html"
};

static const uint8_t en_email_change_new_txt[] = {
#embed "../Notifications/Templates/en/email-change-new.txt"
};

static const uint8_t en_email_change_old_html[] = {
#embed "../Notifications/Templates/en/email-change-old.html"
};

static const uint8_t en_email_change_old_txt[] = {
#embed "../Notifications/Templates/en/email-change-old.txt"
};

static const uint8_t en_email_confirmation_html[] = {
#embed "../Notifications/Templates/en/email-confirmation.html"
};

static const uint8_t en_email_confirmation_txt[] = {
#embed "../Notifications/Templates/en/email-confirmation.txt"
};

static const uint8_t en_new_sign_in_html[] = {
#embed "../Notifications/Templates/en/new-sign-in.html"
};

static const uint8_t en_new_sign_in_txt[] = {
#embed "../Notifications/Templates/en/new-sign-in.txt"
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

static const uint8_t en_order_link_html[] = {
#embed "../Notifications/Templates/en/order-link.html"
};

static const uint8_t en_order_link_txt[] = {
#embed "../Notifications/Templates/en/order-link.txt"
};

static const uint8_t en_order_placed_html[] = {
#embed "../Notifications/Templates/en/order-placed.html"
};

static const uint8_t en_order_placed_txt[] = {
#embed "../Notifications/Templates/en/order-placed.txt"
};

static const uint8_t en_password_changed_html[] = {
#embed "../Notifications/Templates/en/password-changed.html"
};

static const uint8_t en_password_changed_txt[] = {
#embed "../Notifications/Templates/en/password-changed.txt"
};

static const uint8_t en_password_reset_html[] = {
#embed "../Notifications/Templates/en/password-reset.html"
};

static const uint8_t en_password_reset_txt[] = {
#embed "../Notifications/Templates/en/password-reset.txt"
};

static const uint8_t en_sign_in_link_html[] = {
#embed "../Notifications/Templates/en/sign-in-link.html"
};

static const uint8_t en_sign_in_link_txt[] = {
#embed "../Notifications/Templates/en/sign-in-link.txt"
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

static const uint8_t pages_account_html[] = {
#embed "../Notifications/Pages/Files/account.html"
};

static const uint8_t pages_account_js[] = {
#embed "../Notifications/Pages/Files/account.js"
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
    MAIL_TEMPLATE("de/account-deleted.html", de_account_deleted_html),
    MAIL_TEMPLATE("de/account-deleted.txt", de_account_deleted_txt),
    MAIL_TEMPLATE("de/account-exists.html", de_account_exists_html),
    MAIL_TEMPLATE("de/account-exists.txt", de_account_exists_txt),
    MAIL_TEMPLATE("de/email-change-new.html", de_email_change_new_html),
    MAIL_TEMPLATE("de/email-change-new.txt", de_email_change_new_txt),
    MAIL_TEMPLATE("de/email-change-old.html", de_email_change_old_html),
    MAIL_TEMPLATE("de/email-change-old.txt", de_email_change_old_txt),
    MAIL_TEMPLATE("de/email-confirmation.html", de_email_confirmation_html),
    MAIL_TEMPLATE("de/email-confirmation.txt", de_email_confirmation_txt),
    MAIL_TEMPLATE("de/new-sign-in.html", de_new_sign_in_html),
    MAIL_TEMPLATE("de/new-sign-in.txt", de_new_sign_in_txt),
    MAIL_TEMPLATE("de/order-cancelled.html", de_order_cancelled_html),
    MAIL_TEMPLATE("de/order-cancelled.txt", de_order_cancelled_txt),
    MAIL_TEMPLATE("de/order-expired.html", de_order_expired_html),
    MAIL_TEMPLATE("de/order-expired.txt", de_order_expired_txt),
    MAIL_TEMPLATE("de/order-link.html", de_order_link_html),
    MAIL_TEMPLATE("de/order-link.txt", de_order_link_txt),
    MAIL_TEMPLATE("de/order-placed.html", de_order_placed_html),
    MAIL_TEMPLATE("de/order-placed.txt", de_order_placed_txt),
    MAIL_TEMPLATE("de/password-changed.html", de_password_changed_html),
    MAIL_TEMPLATE("de/password-changed.txt", de_password_changed_txt),
    MAIL_TEMPLATE("de/password-reset.html", de_password_reset_html),
    MAIL_TEMPLATE("de/password-reset.txt", de_password_reset_txt),
    MAIL_TEMPLATE("de/sign-in-link.html", de_sign_in_link_html),
    MAIL_TEMPLATE("de/sign-in-link.txt", de_sign_in_link_txt),
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
    MAIL_TEMPLATE("en/account-deleted.html", en_account_deleted_html),
    MAIL_TEMPLATE("en/account-deleted.txt", en_account_deleted_txt),
    MAIL_TEMPLATE("en/account-exists.html", en_account_exists_html),
    MAIL_TEMPLATE("en/account-exists.txt", en_account_exists_txt),
    MAIL_TEMPLATE("en/email-change-new.html", en_email_change_new_html),
    MAIL_TEMPLATE("en/email-change-new.txt", en_email_change_new_txt),
    MAIL_TEMPLATE("en/email-change-old.html", en_email_change_old_html),
    MAIL_TEMPLATE("en/email-change-old.txt", en_email_change_old_txt),
    MAIL_TEMPLATE("en/email-confirmation.html", en_email_confirmation_html),
    MAIL_TEMPLATE("en/email-confirmation.txt", en_email_confirmation_txt),
    MAIL_TEMPLATE("en/new-sign-in.html", en_new_sign_in_html),
    MAIL_TEMPLATE("en/new-sign-in.txt", en_new_sign_in_txt),
    MAIL_TEMPLATE("en/order-cancelled.html", en_order_cancelled_html),
    MAIL_TEMPLATE("en/order-cancelled.txt", en_order_cancelled_txt),
    MAIL_TEMPLATE("en/order-expired.html", en_order_expired_html),
    MAIL_TEMPLATE("en/order-expired.txt", en_order_expired_txt),
    MAIL_TEMPLATE("en/order-link.html", en_order_link_html),
    MAIL_TEMPLATE("en/order-link.txt", en_order_link_txt),
    MAIL_TEMPLATE("en/order-placed.html", en_order_placed_html),
    MAIL_TEMPLATE("en/order-placed.txt", en_order_placed_txt),
    MAIL_TEMPLATE("en/password-changed.html", en_password_changed_html),
    MAIL_TEMPLATE("en/password-changed.txt", en_password_changed_txt),
    MAIL_TEMPLATE("en/password-reset.html", en_password_reset_html),
    MAIL_TEMPLATE("en/password-reset.txt", en_password_reset_txt),
    MAIL_TEMPLATE("en/sign-in-link.html", en_sign_in_link_html),
    MAIL_TEMPLATE("en/sign-in-link.txt", en_sign_in_link_txt),
    MAIL_TEMPLATE("en/stock-low.html", en_stock_low_html),
    MAIL_TEMPLATE("en/stock-low.txt", en_stock_low_txt),
    MAIL_TEMPLATE("en/webhook-disabled.html", en_webhook_disabled_html),
    MAIL_TEMPLATE("en/webhook-disabled.txt", en_webhook_disabled_txt),
    MAIL_TEMPLATE("pages/account.html", pages_account_html),
    MAIL_TEMPLATE("pages/account.js", pages_account_js),
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
