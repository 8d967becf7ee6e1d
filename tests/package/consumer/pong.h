#pragma once

#include <cstdint>

// Answers each line "PING" with "PONG", until SIGTERM.
void RunPong(uint16_t port);
