#include "shop_api.h"

// C23's #embed (N3017), which clang accepts in every mode. It takes no measurable time.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t money[] = {
#embed "../Money/money.openapi.json"
};

const uint8_t *money_openapi(size_t *count) {
    *count = sizeof money;
    return money;
}

static const uint8_t inventory[] = {
#embed "../Inventory/inventory.openapi.json"
};

const uint8_t *inventory_openapi(size_t *count) {
    *count = sizeof inventory;
    return inventory;
}

static const uint8_t catalog[] = {
#embed "../Catalog/catalog.openapi.json"
};

const uint8_t *catalog_openapi(size_t *count) {
    *count = sizeof catalog;
    return catalog;
}

static const uint8_t cart[] = {
#embed "../Cart/cart.openapi.json"
};

const uint8_t *cart_openapi(size_t *count) {
    *count = sizeof cart;
    return cart;
}

static const uint8_t cart_live[] = {
#embed "../Cart/Live/cart-live.openapi.json"
};

const uint8_t *cart_live_openapi(size_t *count) {
    *count = sizeof cart_live;
    return cart_live;
}

static const uint8_t orders[] = {
#embed "../Orders/orders.openapi.json"
};

const uint8_t *orders_openapi(size_t *count) {
    *count = sizeof orders;
    return orders;
}

static const uint8_t webhooks[] = {
#embed "../Webhooks/webhooks.openapi.json"
};

const uint8_t *webhooks_openapi(size_t *count) {
    *count = sizeof webhooks;
    return webhooks;
}

static const uint8_t recommendations[] = {
#embed "../Recommendations/recommendations.openapi.json"
};

const uint8_t *recommendations_openapi(size_t *count) {
    *count = sizeof recommendations;
    return recommendations;
}

static const uint8_t accounts[] = {
#embed "../Accounts/accounts.openapi.json"
};

const uint8_t *accounts_openapi(size_t *count) {
    *count = sizeof accounts;
    return accounts;
}
