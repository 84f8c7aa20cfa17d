// A YAML node that knows where it stands, and writes down what is wrong with it. Private to spec/yaml.
#pragma once

#include <yaml-cpp/yaml.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/model/problem.hpp"

namespace meterproof::yaml {

/// One file's name and lines, and every problem found so far.
struct Document {
  std::string file;
  std::vector<std::string> lines;
  std::vector<spec::Problem>* problems = nullptr;
};

class Cursor {
 public:
  Cursor(const YAML::Node& node, std::shared_ptr<const Document> document) : node_(node), document_(std::move(document)) {}

  spec::Place place() const;
  void fail(const std::string& fault, const std::string& remedy = {}) const;

  bool is_map() const { return node_.IsMap(); }
  bool is_list() const { return node_.IsSequence(); }
  bool is_scalar() const { return node_.IsScalar(); }

  /// The value of `key`, or nothing.
  std::optional<Cursor> get(std::string_view key) const;
  /// The value of `key`; its absence is a problem.
  std::optional<Cursor> need(std::string_view key) const;
  /// Every other key is a problem, and so is a key given twice.
  void allow(const std::vector<std::string>& keys) const;

  std::vector<std::pair<Cursor, Cursor>> members() const;
  /// A list's items; a scalar or a map counts as a list of one.
  std::vector<Cursor> items() const;

  std::string text() const;
  std::string text(std::string_view key, const std::string& otherwise = {}) const;
  bool yes(std::string_view key) const;
  std::optional<long long> integer() const;
  std::optional<long long> integer(long long low, long long high) const;
  std::optional<double> number() const;

 private:
  YAML::Node node_;
  std::shared_ptr<const Document> document_;
};

/// Reads a file; nothing where it can't be read or is no YAML mapping (then the problem is written down).
std::optional<Cursor> open(const std::string& path, const std::string& shown_as, std::vector<spec::Problem>& problems);
std::optional<Cursor> parse(const std::string& content, const std::string& shown_as, std::vector<spec::Problem>& problems);

}  // namespace meterproof::yaml
