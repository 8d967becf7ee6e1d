#include "kernel/stacks/throws.h"

namespace hupstorm {

thread_local constinit ThrowListener* throw_listener = nullptr;

}  // namespace hupstorm
