#include "scenarios/campaign/campaign_counters.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "base/file_descriptor.h"

namespace hupstorm {
namespace {

[[noreturn]] void Fail(const std::string& path, const std::string& why) {
  throw std::runtime_error(fmt::format("cannot keep count in {}: {}", path, why));
}

// The same clock for all processes of a machine.
int64_t MonotonicNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

uint64_t CampaignCounters::Executions() const {
  uint64_t sum = 0;
  for (const Worker& worker : workers) sum += worker.executions.load(std::memory_order_relaxed);
  return sum;
}

double CampaignCounters::Seconds() const {
  return static_cast<double>(earlier_ns + MonotonicNs() - resumed_ns) / 1e9;
}

void CampaignCounters::Resume() {
  earlier_ns.store(saved_ns);
  resumed_ns.store(MonotonicNs());
}

void CampaignCounters::SaveTime() { saved_ns.store(earlier_ns + MonotonicNs() - resumed_ns); }

void UnmapCounters::operator()(CampaignCounters* counters) const {
  munmap(counters, sizeof *counters);
}

CampaignCountersPtr MapCampaignCounters(const std::string& path) {
  const FileDescriptor fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!fd) Fail(path, std::strerror(errno));
  // Blocks and all: a store into a hole of a full disk is a SIGBUS.
  const int error = posix_fallocate(fd.get(), 0, sizeof(CampaignCounters));
  void* const mapped = error != 0 ? MAP_FAILED
                                  : mmap(nullptr, sizeof(CampaignCounters), PROT_READ | PROT_WRITE,
                                         MAP_SHARED, fd.get(), 0);
  if (mapped == MAP_FAILED) Fail(path, std::strerror(error != 0 ? error : errno));
  CampaignCountersPtr counters(static_cast<CampaignCounters*>(mapped));
  if (counters->layout == 0) counters->layout = CampaignCounters::kLayout;
  if (counters->layout != CampaignCounters::kLayout) Fail(path, "it holds something else");
  return counters;
}

}  // namespace hupstorm
