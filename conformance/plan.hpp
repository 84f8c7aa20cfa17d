// The cases, made from the specs: names and expectations, before anything is sent.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/interface.hpp"

namespace meterproof::conformance {

enum class Kind {
  control,     // a valid request must succeed
  neighbour,   // a value just inside the vocabulary or range must succeed
  reply,       // a field of the reply: there, of its type and format, with the value that the requests imply
  effect,      // what an interface did, seen through another
  rule,        // a counterexample of a rule must get its code, and change nothing
  body,        // a body that is no JSON object
  signature,   // a forged signature
  open,        // a question that the paper leaves open: any sensible answer will do
  replay,      // a signature used before
  story,       // a sequence of requests, every answer of which those before it imply
  together,    // several requests at the same moment
  several,     // a query for a row that has several others, as the target's vendor says
  transport,   // valid requests, written down as HTTP allows
  injected_by  // a code that nothing provokes from outside
};

struct Case {
  std::string id;  // INTERFACE/CODE/LABEL
  Kind kind = Kind::control;
  const core::Interface* interface = nullptr;
  std::string section;
  core::LocalizedText sentence;
  std::vector<core::Code> expected;       // passes
  std::vector<core::Code> also_accepted;  // passes with a warning
  std::size_t variant = 0;                // the valid request it starts with
  const core::Rule* rule = nullptr;
  const core::OpenQuestion* question = nullptr;
  const core::Sequence* story = nullptr;
  std::vector<std::string> clauses;  // of the paper, that it tests: their ids
  std::string label;                 // of the counterexample, forgery or body
  std::size_t field = 0;             // of the request or reply
  std::string value;
  const core::Interface* through = nullptr;  // effect: the interface that shows it
};

struct Scope {
  bool platform = true;
  bool billing = true;

  bool has(const core::Interface& interface) const { return interface.served_by == core::Role::platform ? platform : billing; }
};

/// Every case of the interfaces in scope, grouped by interface and in the order in which they are run.
std::vector<Case> plan(const core::Spec& spec, const Scope& scope);

/// How several requests at once are tried.
inline constexpr std::string_view identical_at_once = "eight identical requests at once";
inline constexpr std::string_view users_at_once = "several users at once";

/// How a valid request is written down otherwise.
enum class HttpVariant { chunked, small_letters, in_pieces, pipelined, after_refusals };
struct TransportCase {
  HttpVariant wording;
  std::string label;
  core::LocalizedText sentence;
  bool stated;  // the paper asks for it with its HTTP; of the others a refusal is only worth a warning
};
const std::vector<TransportCase>& transport_cases();

/// Queries for a key that is known to have several rows, where the target's vendor has named one.
void append_known(std::vector<Case>& cases, const core::Spec& spec, const Scope& scope, const std::map<std::string, std::string>& known);

/// `*` stands for any characters, `?` for one.
bool matches(std::string_view pattern, std::string_view text);

/// Whether every step of a story is.
bool in_scope(const core::Spec& spec, const core::Sequence& story, const Scope& scope);

/// The tables that an interface changes, and those that its reply shows.
std::vector<std::size_t> changed_tables(const core::Interface& interface);
std::vector<std::size_t> shown_tables(const core::Spec& spec, const core::Interface& interface);

/// The interface in scope that makes rows of a table from nothing but other tables' rows; null where there is none.
const core::Interface* maker_of(const core::Spec& spec, const Scope& scope, std::size_t table);

}  // namespace meterproof::conformance
