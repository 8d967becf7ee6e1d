#include "tools/cli/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace hupstorm {
namespace {

// Columns that UTF-8 text takes, for letters of one column each: its code points.
size_t Width(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

void WrapLine(std::string_view line, size_t width, const std::string& margin, std::string& out) {
  size_t column = 0;
  size_t at = 0;
  out += margin;
  while (at < line.size()) {
    size_t end = line.find(' ', at);
    if (end == std::string_view::npos) end = line.size();
    const std::string_view word = line.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    if (column > 0 && margin.size() + column + 1 + Width(word) > width) {
      out += '\n' + margin;
      column = 0;
    }
    if (column > 0) {
      out += ' ';
      ++column;
    }
    out += word;
    column += Width(word);
  }
  out += '\n';
}

}  // namespace

std::string TextTable::ToString(size_t indent) const {
  std::vector<size_t> widths(rows_.front().size(), 0);
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line(indent, ' ');
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - Width(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

std::string WrapText(std::string_view text, size_t width, size_t indent) {
  const std::string margin(indent, ' ');
  std::string out;
  std::string paragraph;
  const auto end_paragraph = [&] {
    if (!paragraph.empty()) WrapLine(paragraph, width, margin, out);
    paragraph.clear();
  };
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == ' ') {
      end_paragraph();
      out += line.empty() ? "\n" : margin + std::string(line) + '\n';
    } else {
      paragraph += paragraph.empty() ? std::string(line) : ' ' + std::string(line);
    }
  }
  end_paragraph();
  return out;
}

std::string Count(uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace hupstorm
