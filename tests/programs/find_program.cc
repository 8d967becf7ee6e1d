#include "tests/programs/find_program.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

// Each program's main has the program's name in this executable.
#define HUPSTORM_PROGRAM(name) int name##_main();
#include "program_rows.inc"
#undef HUPSTORM_PROGRAM

namespace hupstorm {

ProgramMain FindProgram(int argc, char** argv) {
  const char* const wanted = argc > 1 ? argv[1] : "";
#define HUPSTORM_PROGRAM(name) \
  if (std::strcmp(wanted, #name) == 0) return name##_main;
#include "program_rows.inc"
#undef HUPSTORM_PROGRAM
  std::fprintf(stderr, "there is no program '%s'\n", wanted);
  std::exit(2);
}

}  // namespace hupstorm
