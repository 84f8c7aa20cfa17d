// SPDX-License-Identifier: Apache-2.0
#include "core/loader/yaml_node.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

namespace meterproof::loader {

using core::Diagnostic;
using core::SourceLocation;

namespace {

Diagnostic problem_at(const Document& document, const YAML::Mark& mark, std::string fault, std::string remedy) {
  Diagnostic problem{{document.file, 0, 0}, std::move(fault), {}, std::move(remedy)};
  if (mark.is_null()) return problem;
  problem.place.line = mark.line + 1;
  problem.place.column = mark.column + 1;
  const auto line = static_cast<std::size_t>(mark.line);
  if (line >= document.lines.size()) return problem;
  problem.source_line = document.lines[line];
  // yaml-cpp counts bytes; people count characters.
  const std::string_view before = std::string_view(problem.source_line).substr(0, static_cast<std::size_t>(mark.column));
  problem.place.column =
      1 + static_cast<int>(std::count_if(before.begin(), before.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  return problem;
}

}  // namespace

SourceLocation YamlNode::place() const {
  const YAML::Mark mark = node_.Mark();
  return {document_->file, mark.line + 1, mark.column + 1};
}

void YamlNode::fail(const std::string& fault, const std::string& remedy) const {
  document_->problems->push_back(problem_at(*document_, node_.Mark(), fault, remedy));
}

std::optional<YamlNode> YamlNode::get(std::string_view key) const {
  if (!node_.IsMap()) return std::nullopt;
  for (const auto& member : node_)
    if (member.first.IsScalar() && member.first.Scalar() == key) return YamlNode(member.second, document_);
  return std::nullopt;
}

std::optional<YamlNode> YamlNode::require(std::string_view key) const {
  auto found = get(key);
  if (!found) fail("\"" + std::string(key) + "\" is missing here", "add `" + std::string(key) + ": …`");
  return found;
}

void YamlNode::allow_keys(const std::vector<std::string>& keys) const {
  if (!is_map()) {
    fail("a mapping (key: value) is expected here");
    return;
  }
  std::vector<std::string> seen;
  for (const auto& [key, value] : members()) {
    const std::string name = key.text();
    if (std::find(keys.begin(), keys.end(), name) == keys.end()) key.fail("unknown key \"" + name + "\"", core::suggestion(name, keys));
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) key.fail("\"" + name + "\" is given twice", "keep one of them");
    seen.push_back(name);
  }
}

std::vector<std::pair<YamlNode, YamlNode>> YamlNode::members() const {
  std::vector<std::pair<YamlNode, YamlNode>> out;
  if (!node_.IsMap()) {
    fail("a mapping (key: value) is expected here");
    return out;
  }
  for (const auto& member : node_) out.emplace_back(YamlNode(member.first, document_), YamlNode(member.second, document_));
  return out;
}

std::vector<YamlNode> YamlNode::items() const {
  if (!node_.IsSequence()) return {*this};
  std::vector<YamlNode> out;
  for (const auto& item : node_) out.emplace_back(item, document_);
  return out;
}

std::string YamlNode::text() const {
  if (node_.IsScalar()) return node_.Scalar();
  fail("a single value is expected here");
  return {};
}

std::string YamlNode::text(std::string_view key, const std::string& otherwise) const {
  const auto found = get(key);
  return found ? found->text() : otherwise;
}

bool YamlNode::as_bool(std::string_view key) const {
  const auto found = get(key);
  if (!found) return false;
  const std::string answer = found->text();
  if (answer == "yes" || answer == "true") return true;
  if (answer != "no" && answer != "false") found->fail("\"" + answer + "\" is neither yes nor no");
  return false;
}

std::optional<long long> YamlNode::integer() const {
  const std::string digits = text();
  long long value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc{} && end == digits.data() + digits.size()) return value;
  fail("\"" + digits + "\" is not a whole number");
  return std::nullopt;
}

std::optional<long long> YamlNode::integer(long long low, long long high) const {
  const auto value = integer();
  if (!value || (*value >= low && *value <= high)) return value;
  fail(text() + " is outside " + std::to_string(low) + " to " + std::to_string(high));
  return std::nullopt;
}

std::optional<double> YamlNode::number() const {
  const std::string digits = text();
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc{} && end == digits.data() + digits.size()) return value;
  fail("\"" + digits + "\" is not a number");
  return std::nullopt;
}

std::optional<YamlNode> open(const std::string& path, const std::string& shown_as, std::vector<Diagnostic>& problems) {
  std::ifstream file(path);
  std::stringstream content;
  if (!file || !(content << file.rdbuf())) {
    problems.push_back({{shown_as, 0, 0}, "cannot be read", {}, "check that the file exists, is not empty and may be read"});
    return std::nullopt;
  }
  return parse(content.str(), shown_as, problems);
}

std::optional<YamlNode> parse(const std::string& content, const std::string& shown_as, std::vector<Diagnostic>& problems) {
  auto document = std::make_shared<Document>();
  document->file = shown_as;
  document->problems = &problems;
  std::istringstream lines(content);
  for (std::string line; std::getline(lines, line);) document->lines.push_back(line);
  try {
    YAML::Node root = YAML::Load(content);
    if (!root.IsMap()) {
      problems.push_back({{shown_as, 0, 0}, "no YAML mapping", {}, "a file of this kind is made of `key: value` lines"});
      return std::nullopt;
    }
    return YamlNode(root, document);
  } catch (const YAML::Exception& error) {
    problems.push_back(problem_at(*document, error.mark, "not YAML: " + error.msg, "check brackets, quotes and indentation"));
    return std::nullopt;
  }
}

}  // namespace meterproof::loader
