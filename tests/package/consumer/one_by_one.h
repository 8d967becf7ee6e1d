#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
// Echoes one client after the other. Never returns.
void serve_one_by_one(uint16_t port);
#ifdef __cplusplus
}
#endif
