// SPDX-License-Identifier: Apache-2.0
#include "core/loader/yaml_node.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <sstream>

#include "core/text/input_file.hpp"
#include "core/text/input_text.hpp"

namespace meterproof::loader {

using core::Diagnostic;

namespace {

/// What yaml-cpp says, in our words; what is rare stays in its own.
i18n::Message parser_message(std::string_view said) {
  namespace Error = YAML::ErrorMsg;
  if (said == Error::END_OF_MAP || said == Error::END_OF_MAP_FLOW) return msg<"file.yaml-mapping-unfinished">();
  if (said == Error::END_OF_SEQ || said == Error::END_OF_SEQ_FLOW) return msg<"file.yaml-list-unfinished">();
  if (said == Error::EOF_IN_SCALAR) return msg<"file.yaml-value-unfinished">();
  if (said == Error::UNKNOWN_TOKEN) return msg<"file.yaml-token">();
  if (said == Error::DOC_IN_SCALAR) return msg<"file.yaml-document-marker">();
  if (said == Error::CHAR_IN_SCALAR || said == Error::CHAR_IN_BLOCK) return msg<"file.yaml-character">();
  if (said == Error::TAB_IN_INDENTATION) return msg<"file.yaml-tab">();
  if (said == Error::FLOW_END) return msg<"file.yaml-closing-bracket">();
  if (said == Error::BLOCK_ENTRY) return msg<"file.yaml-list-item">();
  if (said == Error::MAP_KEY) return msg<"file.yaml-key">();
  if (said == Error::MAP_VALUE) return msg<"file.yaml-value">();
  if (said == Error::ALIAS_NOT_FOUND || said == Error::ANCHOR_NOT_FOUND || said.starts_with(Error::UNKNOWN_ANCHOR)) return msg<"file.yaml-alias">();
  if (said.starts_with(Error::INVALID_ESCAPE) || said.starts_with(Error::INVALID_UNICODE) || said == Error::INVALID_HEX) return msg<"file.yaml-escape">();
  return msg<"file.yaml-other">();  // the library's own words do not reach the user
}

Diagnostic problem_at(const Document& document, const YAML::Mark& mark, i18n::Message message, i18n::Message remedy) {
  Diagnostic problem{{document.file, 0, 0}, std::move(message), {}, std::move(remedy)};
  if (mark.is_null()) return problem;
  problem.place.line = mark.line + 1;
  problem.place.column = mark.column + 1;
  const auto line = static_cast<std::size_t>(mark.line);
  if (line >= document.lines.size()) return problem;
  // yaml-cpp counts bytes; people count characters.
  const std::string_view before = std::string_view(document.lines[line]).substr(0, static_cast<std::size_t>(mark.column));
  problem.place.column =
      1 + static_cast<int>(std::count_if(before.begin(), before.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  set_source(problem, document.lines[line]);
  return problem;
}

/// The tag of a value that has another one than its kind's, as it is written; "" where it has none or that. yaml-cpp says "?" and "!" where there is none.
std::string foreign_tag(const YAML::Node& node) {
  constexpr std::string_view standard = "tag:yaml.org,2002:";
  const std::string_view tag = node.Tag();
  if (tag.size() < 2) return {};
  if (!tag.starts_with(standard)) return std::string(tag);
  const std::string_view name = tag.substr(standard.size());
  return name == (node.IsMap() ? "map" : node.IsSequence() ? "seq" : "str") ? std::string() : "!!" + std::string(name);
}

}  // namespace

void YamlNode::refuse_foreign_tag() const {
  if (std::string tag = foreign_tag(node_); !tag.empty()) fail(msg<"file.tag">(std::move(tag)), msg<"file.tag-advice">());
}

void YamlNode::fail(i18n::Message message, i18n::Message remedy) const {
  constexpr std::size_t most = 100;  // more than is shown; the others are counted
  if (document_->problems->size() >= most) {
    ++document_->problems->back().and_more;
    return;
  }
  document_->problems->push_back(problem_at(*document_, node_.Mark(), std::move(message), std::move(remedy)));
}

std::optional<YamlNode> YamlNode::get(std::string_view key) const {
  if (!node_.IsMap()) return std::nullopt;
  for (const auto& member : node_)
    if (member.first.IsScalar() && member.first.Scalar() == key) return YamlNode(member.second, document_);
  return std::nullopt;
}

std::optional<YamlNode> YamlNode::require(std::string_view key) const {
  auto found = get(key);
  if (!found) fail(msg<"file.key-missing">(key), msg<"file.add">(std::string(key) + ": …"));
  return found;
}

void YamlNode::allow_keys(const std::vector<std::string>& keys) const {
  if (!is_map()) {
    fail(msg<"file.mapping-expected">());
    return;
  }
  std::set<std::string> seen;
  for (const auto& [key, value] : members()) {
    const std::string name = key.text();
    if (std::find(keys.begin(), keys.end(), name) == keys.end()) key.fail(msg<"file.unknown-key">(name), core::suggestion(name, keys));
    if (!seen.insert(name).second) key.fail(msg<"file.given-twice">(name), msg<"file.keep-one">());
  }
}

std::vector<std::pair<YamlNode, YamlNode>> YamlNode::members() const {
  std::vector<std::pair<YamlNode, YamlNode>> out;
  if (!node_.IsMap()) {
    fail(msg<"file.mapping-expected">());
    return out;
  }
  refuse_foreign_tag();
  for (const auto& member : node_) out.emplace_back(YamlNode(member.first, document_), YamlNode(member.second, document_));
  return out;
}

std::vector<YamlNode> YamlNode::items() const {
  if (!node_.IsSequence()) return {*this};
  refuse_foreign_tag();
  std::vector<YamlNode> out;
  for (const auto& item : node_) out.emplace_back(item, document_);
  return out;
}

bool YamlNode::is_cut_by_comment() const {
  const YAML::Mark mark = node_.Mark();
  if (!node_.IsScalar() || mark.is_null() || static_cast<std::size_t>(mark.line) >= document_->lines.size()) return false;
  const std::string& value = node_.Scalar();
  std::string_view line = document_->lines[static_cast<std::size_t>(mark.line)];
  line.remove_prefix(std::min(line.size(), static_cast<std::size_t>(mark.column)));
  if (!line.starts_with(value)) return false;  // one in quotes ends where they do
  line.remove_prefix(value.size());
  const std::size_t hash = line.find_first_not_of(" \t");
  return hash != std::string_view::npos && line[hash] == '#' && hash + 1 < line.size() &&
         std::string_view(" \t#").find(line[hash + 1]) == std::string_view::npos;
}

std::string YamlNode::text() const {
  if (node_.IsScalar()) {
    refuse_foreign_tag();
    return node_.Scalar();
  }
  fail(msg<"file.value-expected">());
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
  if (answer != "no" && answer != "false") found->fail(msg<"file.neither">(answer, "yes", "no"));
  return false;
}

std::optional<long long> YamlNode::integer() const {
  const std::string digits = text();
  long long value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc{} && end == digits.data() + digits.size()) return value;
  fail(msg<"file.not-a-whole-number">(digits));
  return std::nullopt;
}

std::optional<long long> YamlNode::integer(long long low, long long high) const {
  const auto value = integer();
  if (!value || (*value >= low && *value <= high)) return value;
  fail(msg<"file.outside">(text(), low, high));
  return std::nullopt;
}

std::optional<double> YamlNode::number() const {
  const std::string digits = text();
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  // from_chars reads "inf" and "nan" too.
  if (error == std::errc{} && end == digits.data() + digits.size() && std::isfinite(value)) return value;
  fail(msg<"file.not-a-number">(digits));
  return std::nullopt;
}

std::optional<std::string> content_of(const std::string& path, i18n::Message& why) {
  constexpr std::size_t most = 64UL << 20U;
  core::InputFile file = core::read_input_file(path, most);
  switch (file.problem) {
    case core::InputFileProblem::none: {
      const std::size_t line = core::is_utf16(file.content) ? 0 : core::first_line_not_utf8(file.content);
      if (line == 0) return std::move(file.content);
      why = msg<"input.not-utf8">(line);
      break;
    }
    case core::InputFileProblem::unreadable: why = msg<"file.cannot-read">(); break;
    case core::InputFileProblem::not_a_file: why = msg<"input.not-a-file">(); break;
    case core::InputFileProblem::nobody_writes: why = msg<"input.nobody-writes">(); break;
    case core::InputFileProblem::too_large: why = msg<"input.too-large">(most); break;
  }
  return std::nullopt;
}

std::optional<YamlNode> open(const std::string& path, const std::string& shown_as, std::vector<Diagnostic>& problems) {
  i18n::Message why = msg<"file.cannot-read">();
  const auto content = content_of(path, why);
  if (!content || content->empty()) {
    problems.push_back({{shown_as, 0, 0}, why, {}, msg<"file.check-readable">()});
    return std::nullopt;
  }
  return parse(*content, shown_as, problems);
}

std::optional<YamlNode> parse(const std::string& content, const std::string& shown_as, std::vector<Diagnostic>& problems) {
  auto document = std::make_shared<Document>();
  document->file = shown_as;
  document->problems = &problems;
  std::istringstream lines(content);
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    document->lines.push_back(line);
  }
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(content);
    if (documents.empty() || !documents.front().IsMap()) {
      problems.push_back({{shown_as, 0, 0}, msg<"file.not-a-mapping">(), {}, msg<"file.write-lines">()});
      return std::nullopt;
    }
    for (std::size_t i = 1; i < documents.size(); ++i) {
      if (documents[i].IsNull()) continue;  // a marker at the end of the file
      problems.push_back(problem_at(*document, documents[i].Mark(), msg<"file.second-document">(), msg<"file.second-document-advice">()));
      return std::nullopt;
    }
    return YamlNode(documents.front(), document);
  } catch (const YAML::Exception& error) {
    problems.push_back(problem_at(*document, error.mark, msg<"file.not-yaml">(parser_message(error.msg)), msg<"file.yaml-advice">()));
    return std::nullopt;
  }
}

}  // namespace meterproof::loader
