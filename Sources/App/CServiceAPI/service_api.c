#include "service_api.h"

// C23's #embed (N3017), which clang accepts in every mode. It takes no measurable time.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t service[] = {
#embed "../Service/service.openapi.json"
};

const uint8_t *service_openapi(size_t *count) {
    *count = sizeof service;
    return service;
}

static const uint8_t introduction[] = {
#embed "../Service/introduction.md"
};

const uint8_t *introduction_markdown(size_t *count) {
    *count = sizeof introduction;
    return introduction;
}
