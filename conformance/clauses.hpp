// The paper as a list of clauses: everything that it states, what its words imply, and what it leaves open.
#pragma once

#include <string>
#include <vector>

#include "conformance/plan.hpp"

namespace meterproof::conformance {

enum class Level {
  stated,   // a sentence or a table's row of the paper
  implied,  // what its sentences come to, taken together
  open      // it does not say
};
std::string_view to_string(Level level);

struct Clause {
  std::string id;  // SECTION/KIND/NAME
  std::string section;
  core::LocalizedText sentence;
  Level level = Level::stated;
  bool surveyed = false;  // open, and no case of its own: the survey shows what was seen
};

/// In the order of the paper.
std::vector<Clause> clauses(const core::Spec& spec);

/// The ids of the clauses that a case tests.
std::vector<std::string> clauses_of(const core::Spec& spec, const Case& one);

/// The table as Markdown: every clause with its cases.
std::string clause_table(const core::Spec& spec);

}  // namespace meterproof::conformance
