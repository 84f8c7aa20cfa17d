// SPDX-License-Identifier: Apache-2.0
#include "core/diagnostics/path_suggestion.hpp"

#include <algorithm>

#include "core/diagnostics/diagnostic.hpp"

namespace meterproof::core {
namespace {

/// Without the parameters of its segments: /a;jsessionid=1/b is /a/b.
std::string without_parameters(std::string_view path) {
  std::string out;
  bool inside = false;
  for (const char c : path) {
    inside = c == '/' ? false : inside || c == ';';
    if (!inside) out += c;
  }
  return out;
}

std::string with_single_slashes(std::string_view path) {
  std::string out;
  for (const char c : path)
    if (c != '/' || out.empty() || out.back() != '/') out += c;
  return out;
}

std::string_view last_segment(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

std::optional<PathSuggestion> suggest_path(std::string_view path, const std::vector<std::string>& known) {
  constexpr std::size_t longest = 512;  // the comparisons take time with its square
  if (path.size() > longest) return std::nullopt;
  PathSuggestion out;
  std::string plain(path);
  const auto mend = [&](std::string mended, const char* zh, const char* en) {
    if (mended == plain) return;
    plain = std::move(mended);
    out.mistake.zh += (out.mistake.zh.empty() ? "" : "、") + std::string(zh);
    out.mistake.en += (out.mistake.en.empty() ? "" : ", ") + std::string(en);
  };
  mend(without_parameters(plain), "多了分号参数", "a parameter behind a semicolon");
  mend(percent_decoded(plain), "用了百分号编码", "percent-encoding");
  std::string forward = plain;
  std::replace(forward.begin(), forward.end(), '\\', '/');
  mend(std::move(forward), "用了反斜杠", "backslashes");
  mend(with_single_slashes(plain), "多了斜杠", "a slash too many");
  std::string open = plain;
  while (open.size() > 1 && open.back() == '/') open.pop_back();
  mend(std::move(open), "末尾多了斜杠", "a slash at the end");

  const auto find = [&](const auto& is) {
    const auto found = std::find_if(known.begin(), known.end(), is);
    if (found != known.end()) out.path = *found;
    return found != known.end();
  };
  if (find([&](const std::string& one) { return one == plain; })) return out;
  if (find([&](const std::string& one) { return equals_ignoring_case(one, plain); })) {
    mend(out.path, "大小写不同", "other letters in upper case");
    return out;
  }
  if (find([&](const std::string& one) {
        return plain.size() > one.size() && equals_ignoring_case(std::string_view(plain).substr(plain.size() - one.size()), one);
      })) {
    mend(out.path, "前面多了一段", "a prefix");
    return out;
  }
  if (find([&](const std::string& one) { return equals_ignoring_case(last_segment(one), last_segment(plain)); })) {
    mend(out.path, "目录不同", "another folder");
    return out;
  }
  out.path = nearest(plain, known);
  if (out.path.empty()) return std::nullopt;
  out.mistake = {};
  return out;
}

}  // namespace meterproof::core
