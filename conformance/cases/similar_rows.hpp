// SPDX-License-Identifier: Apache-2.0
// Rows whose keys look alike (one the beginning of another, a leading zero more, other letter case, SQL's wildcards, quotes, twenty digits that are the same as
// a double), and rows that are alike in all but their keys. One set of them serves all interfaces: every kind of row is made, acted on and asked for, and each
// must have got its own and nothing of another's. Which keys a target takes is not stated: a kind that it refuses is told as an open question.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "conformance/case_context.hpp"
#include "conformance/exchange_log.hpp"
#include "conformance/scope.hpp"
#include "core/model/interface.hpp"

namespace meterproof::conformance {

/// A row beside the first one.
struct Likeness {
  enum class Relation { key, same_owner, same_values };
  std::string slug;
  core::LocalizedText name;
  std::string (*key)(const std::string& first) = nullptr;  // of the first row's key
  bool is_acted_on = false;                                // by orders; the others must have stayed as they were
  bool is_exchanged = false;                               // by what ends a row
  bool in_catalogue = false;                               // among prices, too
  bool is_thorough = false;                                // asked for by each of its keys, and not by its own alone
  Relation relation = Relation::key;
  std::size_t group = 0;          // of rows whose keys are made of one: those that some databases take for the same have a first row of their own
  bool is_ordered_alone = false;  // by an order that names nothing but its own key
};

/// The first is the row that the others are alike to. Several of one slug are alike to each other.
const std::vector<Likeness>& likenesses();

/// What was seen of the rows.
struct SeenOfSimilarRows {
  /// What is known of an interface and a kind of row.
  struct Outcome {
    bool acted = false, refused = false;  // a request about such a row was accepted; another was not
    bool seen = false;                    // something of it could be judged
    std::vector<i18n::Message> found;
    i18n::Message missing;  // why it could not be judged
    std::optional<Sent> sent;
  };

  bool done = false;
  i18n::Message failure;                                                       // why nothing could be seen
  std::map<std::pair<const core::Interface*, std::string>, Outcome> outcomes;  // by interface and slug
  std::map<std::string, std::vector<Exchanged>> steps;                         // by slug
};

/// Makes the rows, and sees what the interfaces of `wanted` do with them. Rows of which an interface is not meant for those of the first set are a set of their
/// own.
void observe_similar_rows(CaseContext& context, const std::vector<const core::Interface*>& wanted, SeenOfSimilarRows& out);

/// The interface names rows that an interface in scope makes, and shows or changes some.
bool has_similar_rows(const core::Spec& spec, const Scope& scope, const core::Interface& interface);
/// The slugs of the kinds of rows that tell something about the interface.
std::vector<std::string> similar_rows_of(const core::Spec& spec, const Scope& scope, const core::Interface& interface);

}  // namespace meterproof::conformance
