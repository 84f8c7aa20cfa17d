// SPDX-License-Identifier: Apache-2.0
// The specification as a list of clauses: what it states, what its words imply, and what it leaves open.
#pragma once

#include <string>
#include <vector>

#include "core/model/interface.hpp"

namespace meterproof::conformance {

enum class Level {
  stated,   // a sentence or a table's row of the specification
  implied,  // follows from several sentences
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

/// In the order of the specification.
std::vector<Clause> clauses(const core::Spec& spec);

/// Ids of clauses, for the cases that test them.
namespace clause {
std::string code(const core::Interface& interface, core::Code code);
std::string path(const core::Interface& interface);
std::string request(const core::Interface& interface, std::size_t field);
std::string reply(const core::Interface& interface, const std::string& name);
std::string effect(const core::Interface& interface);
std::string refused(const core::Interface& interface);
std::string concurrent(const core::Interface& interface);
std::string own_rows(const core::Interface& interface);
std::string neighbours(const core::Interface& interface);
std::string constancy(const core::Interface& interface);
std::string values(const core::Interface& interface);
std::string sequence(const core::Interface& interface, const core::Sequence& sequence);
std::string open_question(const core::Interface& interface, const core::OpenQuestion& question);
std::string header(const core::Spec& spec, std::size_t header);
/// A clause about all interfaces: "encoding", "json", "timestamp", …
std::string general(const core::Spec& spec, const std::string& what);
/// The headers that a signature error is about.
std::vector<std::string> of_signature_error(const core::Spec& spec, core::SignatureError error);
}  // namespace clause

/// The table as Markdown: every clause with its cases.
std::string clause_table(const core::Spec& spec);

}  // namespace meterproof::conformance
