// What begins when the library is loaded into a program.

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "scenarios/worlds/inside/inside_host.h"

namespace hupstorm::inside {
namespace {

// Programs that start others, and that join them by pipes: what they start is the server.
constexpr std::string_view kShells[] = {"ash", "bash", "busybox", "dash", "fish",
                                        "ksh", "mksh", "sh",      "tcsh", "zsh"};

bool IsShell() {
  std::error_code error;
  const std::string name = std::filesystem::read_symlink("/proc/self/exe", error).filename();
  for (const std::string_view shell : kShells) {
    if (name == shell) return true;
  }
  return false;
}

// The number at the front, with the colon behind it.
std::optional<uint64_t> TakeNumber(std::string_view& text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data() + text.size() || *end != ':') return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()) + 1);
  return number;
}

[[gnu::constructor]] void ComeToLife() {
  const char* const variable = std::getenv(kDriverVariable);
  if (variable == nullptr || IsShell()) return;
  std::string_view text = variable;
  const auto port = TakeNumber(text);
  const auto most_descriptors = TakeNumber(text);
  const auto pid = TakeNumber(text);
  if (!port || !most_descriptors || !pid) return;
  // Never destroyed: the program makes calls to its end.
  static auto* const host = new InsideHost(static_cast<uint16_t>(*port), *most_descriptors,
                                           static_cast<pid_t>(*pid), text);
  if (const char* const map = std::getenv(kMapVariable)) host->CountIn(std::atoi(map));
  host->Begin();
}

}  // namespace
}  // namespace hupstorm::inside
