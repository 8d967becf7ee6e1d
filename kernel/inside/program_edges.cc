#include "kernel/inside/program_edges.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_descriptor.h"

namespace hupstorm::inside {
namespace {

constexpr uint64_t kLine = 64;  // AFL++ looks at so many bytes at a time

uint64_t RoundUp(uint64_t size) { return (size + kLine - 1) / kLine * kLine; }

// What clang's coverage has put into the program: counters, a byte an edge, or guards, a number an
// edge, which the program gives to __sanitizer_cov_trace_pc_guard.
std::span<uint8_t> counters;
std::span<uint32_t> guards;
uint8_t* edge_map = nullptr;

template <typename T>
std::vector<T> ReadAt(const FileDescriptor& file, uint64_t offset, uint64_t count) {
  std::vector<T> values(count);
  const auto size = static_cast<ssize_t>(count * sizeof(T));
  if (pread(file.get(), values.data(), count * sizeof(T), static_cast<off_t>(offset)) != size) {
    values.clear();
  }
  return values;
}

int TakeLoadAddress(dl_phdr_info* first, size_t, void* address) {
  *static_cast<uintptr_t*>(address) = first->dlpi_addr;
  return 1;
}

void FindSections() {
  const FileDescriptor file(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  const auto header = ReadAt<ElfW(Ehdr)>(file, 0, 1);
  if (header.empty() || header[0].e_shentsize != sizeof(ElfW(Shdr))) return;
  const auto sections = ReadAt<ElfW(Shdr)>(file, header[0].e_shoff, header[0].e_shnum);
  if (header[0].e_shstrndx >= sections.size()) return;
  const ElfW(Shdr)& texts = sections[header[0].e_shstrndx];
  std::vector<char> names = ReadAt<char>(file, texts.sh_offset, texts.sh_size);
  names.push_back('\0');
  uintptr_t load_address = 0;
  dl_iterate_phdr(TakeLoadAddress, &load_address);
  for (const ElfW(Shdr) & section : sections) {
    if (section.sh_name >= names.size()) continue;
    const std::string_view name = names.data() + section.sh_name;
    const uintptr_t address = load_address + section.sh_addr;
    if (name == "__sancov_cntrs") {
      counters = {reinterpret_cast<uint8_t*>(address), section.sh_size};
    } else if (name == "__sancov_guards") {
      guards = {reinterpret_cast<uint32_t*>(address), section.sh_size / sizeof(uint32_t)};
    }
  }
}

void TraceGuard(const uint32_t* guard) {
  if (*guard == 0) return;
  uint8_t& count = edge_map[*guard - 1];
  if (count != UINT8_MAX) ++count;
}

// The function is the program's own, linked with it: nothing can be put before it, so its code is
// made to go on here.
bool TakeOver(const char* name, void (*function)(const uint32_t*)) {
#ifdef __x86_64__
  void* const code = dlsym(RTLD_DEFAULT, name);
  if (code == nullptr) return false;
  unsigned char jump[] = {0xff, 0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};  // jmp *(%rip)
  std::memcpy(jump + 6, &function, sizeof function);
  const auto page_size = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t begin = reinterpret_cast<uintptr_t>(code) / page_size * page_size;
  const uintptr_t size = reinterpret_cast<uintptr_t>(code) + sizeof jump - begin;
  if (mprotect(reinterpret_cast<void*>(begin), size, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) {
    return false;
  }
  std::memcpy(code, jump, sizeof jump);
  return mprotect(reinterpret_cast<void*>(begin), size, PROT_READ | PROT_EXEC) == 0;
#else
  static_cast<void>(name);
  static_cast<void>(function);
  return false;
#endif
}

}  // namespace

uint64_t CountEdges() {
  // AFL++'s runtime, which has attached the map by itself. Where it hashes edges their number is 0.
  constexpr uint64_t kHashed = 1 << 16;
  if (dlsym(RTLD_DEFAULT, "__afl_area_ptr") != nullptr) {
    const void* const last = dlsym(RTLD_DEFAULT, "__afl_final_loc");
    const uint64_t edges = last == nullptr ? 0 : *static_cast<const uint32_t*>(last);
    return RoundUp(edges == 0 ? kHashed : edges + 1);
  }
  FindSections();
  return RoundUp(counters.size() + guards.size());
}

void CountEdgesIn(uint8_t* map) {
  if (counters.empty() && guards.empty()) return;
  edge_map = map;
  std::memset(counters.data(), 0, counters.size());
  if (guards.empty() || !TakeOver("__sanitizer_cov_trace_pc_guard", TraceGuard)) return;
  auto number = static_cast<uint32_t>(counters.size());
  for (uint32_t& guard : guards) guard = ++number;
}

void TakeEdgeCounts() {
  for (size_t i = 0; i < counters.size(); ++i) {
    if (counters[i] == 0) continue;
    edge_map[i] = counters[i];
    counters[i] = 0;
  }
}

}  // namespace hupstorm::inside
