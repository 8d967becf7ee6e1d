#include "bench/servers/awake_processor.h"

#include <sched.h>

#include "base/processors.h"

namespace hupstorm {

AwakeProcessor::AwakeProcessor(int processor) {
  if (processor < 0) return;
  idler_ = std::jthread([processor](const std::stop_token& stop) {
    // In this order: it must not run a moment in anybody's way.
    const sched_param none = {};
    if (sched_setscheduler(0, SCHED_IDLE, &none) != 0) return;
    if (!RunOn({processor})) return;
    while (!stop.stop_requested()) {
    }
  });
}

}  // namespace hupstorm
