// Runs a program of this folder on the simulated kernel. Without a driver the clock jumps to what
// ends a call that sleeps; a call that nothing could end fails with EDEADLK.

#include "kernel/in_force.h"
#include "kernel/simulated/simulated_kernel.h"
#include "tests/programs/find_program.h"

int main(int argc, char** argv) {
  const hupstorm::ProgramMain program = hupstorm::FindProgram(argc, argv);
  hupstorm::SimulatedKernel kernel;
  const hupstorm::ServerScope scope(kernel);
  return program();
}
