#include "open_api.h"

// C23's #embed (N3017), which clang takes in every mode: the file's bytes as they are, in no measurable time.
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
