// Reads a folder of spec files. The only code that knows yaml-cpp stands in this folder; no header shows it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "spec/model/interface.hpp"

namespace meterproof::yaml {

/// common.yaml and every other *.yaml of `directory`, bound and checked. Every problem found, located, where there is one.
spec::Result<spec::Spec> load_spec(const std::string& directory);

/// Rows to begin with, as texts: a row is (column, value) pairs.
struct WorldRows {
  using Row = std::vector<std::pair<std::size_t, std::string>>;
  struct OfTable {
    std::size_t table = 0;
    std::vector<Row> rows;
  };
  std::vector<OfTable> tables;
  std::vector<OfTable> fleet;  // one row each, with # for the digits of the number
  std::size_t fleet_count = 0;
};

/// Rows that can't stand together: a key twice, a reference to no row. "" where there are none.
std::string misfit(const spec::Spec& spec, const WorldRows& world);

/// A world file (see spec/worlds/sample.yaml).
spec::Result<WorldRows> load_world(const spec::Spec& spec, const std::string& path);

/// appId and secret by line: `ID:SECRET`, or a YAML mapping of them. `#` begins a comment.
spec::Result<std::vector<std::pair<std::string, std::string>>> load_apps(const std::string& path);

}  // namespace meterproof::yaml
