#include "open_api.h"

// C23's #embed (N3017), which clang accepts in every mode. It takes no measurable time.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t problems[] = {
#embed "../OpenAPI/Document/problems.openapi.json"
};

const uint8_t *problems_openapi(size_t *count) {
    *count = sizeof problems;
    return problems;
}

static const uint8_t headers[] = {
#embed "../OpenAPI/Document/headers.openapi.json"
};

const uint8_t *headers_openapi(size_t *count) {
    *count = sizeof headers;
    return headers;
}

static const uint8_t docs[] = {
#embed "../OpenAPI/Docs/docs.openapi.json"
};

const uint8_t *docs_openapi(size_t *count) {
    *count = sizeof docs;
    return docs;
}

static const uint8_t docs_style[] = {
#embed "../OpenAPI/Docs/docs.css"
};

const uint8_t *docs_css(size_t *count) {
    *count = sizeof docs_style;
    return docs_style;
}

static const uint8_t home_style[] = {
#embed "../OpenAPI/Docs/home.css"
};

const uint8_t *home_css(size_t *count) {
    *count = sizeof home_style;
    return home_style;
}
