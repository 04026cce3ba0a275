#include "address_metadata.h"

// C23's #embed (N3017), which clang takes in every mode: the file's bytes as they are, in no measurable time.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t requirements[] = {
#embed "requirements.txt"
};

const uint8_t *address_requirements(size_t *count) {
    *count = sizeof requirements;
    return requirements;
}
