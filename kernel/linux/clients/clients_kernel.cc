#include "kernel/linux/clients/clients_kernel.h"

#include <cstdio>
#include <cstdlib>

#include "kernel/linux/sight/process_tree.h"

namespace hupstorm {

void ClientsKernel::PeerVanish(PeerId) {
  std::fputs("hupstorm: a host cannot vanish from loopback\n", stderr);
  std::abort();
}

DrivenKernel::Disposition ClientsKernel::DispositionIn(pid_t pid, int signal) {
  const sight::SignalMasks masks = sight::SignalMasksOf(pid);
  const uint64_t bit = uint64_t{1} << (signal - 1);
  if ((masks.caught & bit) != 0) return Disposition::kHandled;
  return (masks.ignored & bit) != 0 ? Disposition::kIgnored : Disposition::kDefault;
}

}  // namespace hupstorm
