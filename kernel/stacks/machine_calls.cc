#include "kernel/stacks/machine_calls.h"

#include <gelf.h>

#include <cstring>

namespace hupstorm {

MachineCalls::MachineCalls(Elf* elf) : elf_(elf) { ReadPointers(); }

std::vector<CallSite> MachineCalls::In(CodeRange range) const {
  std::vector<CallSite> calls;
  const std::string_view code = CodeAt(range);
  for (size_t i = 0; i < code.size(); ++i) {
    const auto call = CallAt(code, i, range.begin);
    const bool stays =
        call && call->is_jump && call->target >= range.begin && call->target < range.end;
    if (call && !stays) calls.push_back(*call);
  }
  return calls;
}

std::optional<CallSite> MachineCalls::Before(uint64_t next) const {
  constexpr uint64_t kLongest = 6;
  if (next < kLongest) return std::nullopt;
  const CodeRange range = {.begin = next - kLongest, .end = next};
  const std::string_view code = CodeAt(range);
  for (size_t i = 0; i < code.size(); ++i) {
    const auto call = CallAt(code, i, range.begin);
    if (call && call->next == next) return call;
  }
  return std::nullopt;
}

std::string_view MachineCalls::CodeAt(CodeRange range) const {
  size_t segments = 0;
  if (elf_getphdrnum(elf_, &segments) != 0) return {};
  for (size_t i = 0; i < segments; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf_, static_cast<int>(i), &segment) == nullptr) continue;
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    if (range.begin < segment.p_vaddr || range.end > segment.p_vaddr + segment.p_filesz ||
        range.begin >= range.end) {
      continue;
    }
    const auto offset = static_cast<int64_t>(segment.p_offset + range.begin - segment.p_vaddr);
    Elf_Data* const data = elf_getdata_rawchunk(elf_, offset, range.end - range.begin, ELF_T_BYTE);
    if (data == nullptr) return {};
    return {static_cast<const char*>(data->d_buf), data->d_size};
  }
  return {};
}

bool MachineCalls::IsMapped(uint64_t address, bool code) const {
  size_t segments = 0;
  if (elf_getphdrnum(elf_, &segments) != 0) return false;
  for (size_t i = 0; i < segments; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf_, static_cast<int>(i), &segment) == nullptr) continue;
    if (segment.p_type == PT_LOAD && ((segment.p_flags & PF_X) != 0) == code &&
        address >= segment.p_vaddr && address < segment.p_vaddr + segment.p_memsz) {
      return true;
    }
  }
  return false;
}

std::optional<CallSite> MachineCalls::CallAt(std::string_view code, size_t at,
                                             uint64_t begin) const {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(code[i]); };
  const bool by_pointer =
      at + 6 <= code.size() && byte(at) == 0xff && (byte(at + 1) == 0x15 || byte(at + 1) == 0x25);
  const bool direct = at + 5 <= code.size() && (byte(at) == 0xe8 || byte(at) == 0xe9);
  if (!by_pointer && !direct) return std::nullopt;
  int32_t distance = 0;
  const size_t opcode = by_pointer ? 2 : 1;
  std::memcpy(&distance, code.data() + at + opcode, sizeof distance);
  CallSite call = {.next = begin + at + opcode + sizeof distance, .by_pointer = by_pointer};
  call.is_jump = byte(at) == 0xe9 || (by_pointer && byte(at + 1) == 0x25);
  call.target = call.next + static_cast<uint64_t>(int64_t{distance});
  if (!IsMapped(call.target, !by_pointer)) return std::nullopt;
  return call;
}

// The linker's stub at `address` jumps where the pointer says that this is the address of.
std::optional<uint64_t> MachineCalls::StubsPointer(uint64_t address) const {
  constexpr uint64_t kLongest = 16;
  const std::string_view code = CodeAt({.begin = address, .end = address + kLongest});
  const size_t jump = code.find("\xff\x25");
  if (jump == std::string_view::npos || jump + 6 > code.size()) return std::nullopt;
  int32_t distance = 0;
  std::memcpy(&distance, code.data() + jump + 2, sizeof distance);
  return address + jump + 6 + static_cast<uint64_t>(int64_t{distance});
}

// The pointers to functions of other files, which the dynamic linker fills in.
void MachineCalls::ReadPointers() {
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf_, section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_RELA) continue;
    Elf_Scn* const symbols = elf_getscn(elf_, header.sh_link);
    GElf_Shdr symbols_header;
    if (symbols == nullptr || gelf_getshdr(symbols, &symbols_header) == nullptr ||
        symbols_header.sh_type != SHT_DYNSYM) {
      continue;
    }
    Elf_Data* const entries = elf_getdata(section, nullptr);
    Elf_Data* const names = elf_getdata(symbols, nullptr);
    if (entries == nullptr || names == nullptr || header.sh_entsize == 0) continue;
    for (size_t i = 0; i < header.sh_size / header.sh_entsize; ++i) {
      GElf_Rela entry;
      GElf_Sym symbol;
      if (gelf_getrela(entries, static_cast<int>(i), &entry) == nullptr ||
          GELF_R_SYM(entry.r_info) == 0 ||
          gelf_getsym(names, static_cast<int>(GELF_R_SYM(entry.r_info)), &symbol) == nullptr) {
        continue;
      }
      const char* const name = elf_strptr(elf_, symbols_header.sh_link, symbol.st_name);
      if (name != nullptr && *name != '\0') pointers_[entry.r_offset] = name;
    }
  }
}

std::string MachineCalls::CalleeElsewhere(const CallSite& call) const {
  uint64_t pointer = call.target;
  if (!call.by_pointer) {
    const auto stub = StubsPointer(call.target);
    if (!stub) return "";
    pointer = *stub;
  }
  const auto found = pointers_.find(pointer);
  return found == pointers_.end() ? "" : found->second;
}

}  // namespace hupstorm
