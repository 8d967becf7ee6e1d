// Runs a program of this folder as it is: nothing of hupstorm's is linked.

#include "tests/programs/find_program.h"

int main(int argc, char** argv) { return hupstorm::FindProgram(argc, argv)(); }
