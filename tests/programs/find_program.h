// The programs of this folder, by their names.

#ifndef HUPSTORM_TESTS_PROGRAMS_FIND_PROGRAM_H_
#define HUPSTORM_TESTS_PROGRAMS_FIND_PROGRAM_H_

namespace hupstorm {

using ProgramMain = int (*)();

// The main of the program that the first argument names. Ends this process with exit code 2 if
// there is none.
ProgramMain FindProgram(int argc, char** argv);

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_PROGRAMS_FIND_PROGRAM_H_
