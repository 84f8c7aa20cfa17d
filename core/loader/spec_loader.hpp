// SPDX-License-Identifier: Apache-2.0
// Reads a folder of spec files. The only code that knows yaml-cpp stands in this folder; no header shows it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/diagnostics/diagnostic.hpp"
#include "core/model/interface.hpp"

namespace meterproof::loader {

/// common.yaml and every other *.yaml of `directory`, bound and checked. Every problem found, located, where there is one.
core::Result<core::Spec> load_spec(const std::string& directory);

/// A spec's files by what is in them; the names are shown in problems.
struct SpecText {
  std::string name, content;
};
/// The same of texts: common.yaml, the interfaces in their order, the sequences.
core::Result<core::Spec> parse_spec(const SpecText& common, const std::vector<SpecText>& interfaces, const std::vector<SpecText>& sequences = {});

/// Rows to begin with, as texts: a row is (column, value) pairs.
struct Fixtures {
  using Row = std::vector<std::pair<std::size_t, std::string>>;
  struct TableRows {
    std::size_t table = 0;
    std::vector<Row> rows;
  };
  std::vector<TableRows> tables;
  std::vector<TableRows> generated_rows;  // one row each, with # for the digits of the number
  std::size_t generated_count = 0;
};

/// Rows that can't stand together: a key twice, a reference to no row. Empty where there are none.
i18n::Message validate(const core::Spec& spec, const Fixtures& fixtures);

/// A fixtures file (see spec/fixtures/sample.yaml).
core::Result<Fixtures> load_fixtures(const core::Spec& spec, const std::string& path);

/// The most bytes of an appId and of a secret: a header has to hold what is made of them.
constexpr std::size_t longest_credential = 1024;

/// `ID:SECRET`, white space around both left out. Nothing where a part is missing or too long, or has a character that is not seen: `why` says
/// which, and repeats neither.
std::optional<std::pair<std::string, std::string>> read_app_pair(std::string_view text, i18n::Message& why);

/// appId and secret by line: `ID:SECRET`. `#` and a blank, at the beginning of a line or behind white space, begin a comment.
core::Result<std::vector<std::pair<std::string, std::string>>> load_apps(const std::string& path);

}  // namespace meterproof::loader
