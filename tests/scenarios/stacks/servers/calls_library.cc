// A program whose server, echo.cc, is in a shared library of its own.

#include <cstdint>
#include <cstdlib>

void ServeAll(uint16_t port);

int main(int, char** arguments) { ServeAll(static_cast<uint16_t>(std::atoi(arguments[1]))); }
