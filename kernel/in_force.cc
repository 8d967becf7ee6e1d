#include "kernel/in_force.h"

namespace hupstorm {

thread_local constinit InForce in_force;

}  // namespace hupstorm
