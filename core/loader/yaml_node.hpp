// SPDX-License-Identifier: Apache-2.0
// A YAML node that knows where it stands, and writes down what is wrong with it. Private to core/loader.
#pragma once

#include <yaml-cpp/yaml.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/diagnostics/diagnostic.hpp"
#include "core/i18n/message.hpp"

namespace meterproof::loader {

using i18n::msg;

/// One file's name and lines, and every problem found so far.
struct Document {
  std::string file;
  std::vector<std::string> lines;
  std::vector<core::Diagnostic>* problems = nullptr;
};

// yaml-cpp says of no node that moving it does not throw.
class YamlNode {  // NOLINT(bugprone-exception-escape)
 public:
  YamlNode(const YAML::Node& node, std::shared_ptr<const Document> document) : node_(node), document_(std::move(document)) {}

  void fail(i18n::Message message, i18n::Message remedy = {}) const;

  /// Whether no problem has been found so far.
  bool no_problem_yet() const { return document_->problems->empty(); }

  bool is_map() const { return node_.IsMap(); }
  bool is_scalar() const { return node_.IsScalar(); }

  /// The value of `key`, or nothing.
  std::optional<YamlNode> get(std::string_view key) const;
  /// The value of `key`; its absence is a problem.
  std::optional<YamlNode> require(std::string_view key) const;
  /// Every other key is a problem, and so is a key given twice.
  void allow_keys(const std::vector<std::string>& keys) const;

  std::vector<std::pair<YamlNode, YamlNode>> members() const;
  /// A list's items; a scalar or a map counts as a list of one.
  std::vector<YamlNode> items() const;

  /// Whether the value ends at a `#` that a character follows at once: a comment to YAML, and maybe a part of the value to who wrote it.
  bool is_cut_by_comment() const;

  std::string text() const;
  std::string text(std::string_view key, const std::string& otherwise = {}) const;
  bool as_bool(std::string_view key) const;
  std::optional<long long> integer() const;
  std::optional<long long> integer(long long low, long long high) const;
  std::optional<double> number() const;

 private:
  /// What is read is the text as it stands: a tag like !!binary would mean something else.
  void refuse_foreign_tag() const;

  YAML::Node node_;
  std::shared_ptr<const Document> document_;
};

/// The whole of a file of 64 MiB at the most; nothing where it cannot be had, and `why` says so.
std::optional<std::string> content_of(const std::string& path, i18n::Message& why);

/// Reads a file; nothing where it can't be read or is no YAML mapping (then the problem is written down).
std::optional<YamlNode> open(const std::string& path, const std::string& shown_as, std::vector<core::Diagnostic>& problems);
std::optional<YamlNode> parse(const std::string& content, const std::string& shown_as, std::vector<core::Diagnostic>& problems);

}  // namespace meterproof::loader
