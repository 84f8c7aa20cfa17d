// SPDX-License-Identifier: Apache-2.0
// What a certificate does with JSON trees: takes parts out, puts them back, and finds where two trees differ. For any tree with the members of
// nlohmann::json, which stays out of headers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <string>

#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"

namespace meterproof::attestation {

/// Takes the English out of every message whose id tells the text: wordings are made where they are shown, and cannot be forged.
template <class Json>
void take_texts(Json& value) {
  if (value.is_object() && value.size() == 3 && value.contains("id") && value.contains("args") && value.contains("en") && value.at("id").is_string() &&
      i18n::is_known(value.at("id").template get<std::string>()))
    value.erase("en");
  if (value.is_structured())
    for (Json& member : value) take_texts(member);
}

/// Makes messages without a text readable as members of a record; their text comes of the id.
template <class Json>
void put_texts_back(Json& value) {
  if (value.is_object() && value.size() == 2 && value.contains("id") && value.contains("args")) value["en"] = "";
  if (value.is_structured())
    for (Json& member : value) put_texts_back(member);
}

/// Paths of members, from the root, with "/" between names; the elements of a list have the list's path.
using Paths = std::set<std::string>;

/// Whether there is a path below that one.
inline bool leads_into(const Paths& paths, const std::string& path) {
  const auto below = paths.lower_bound(path + "/");
  return below != paths.end() && below->starts_with(path + "/");
}

/// Takes from an object, or from a list of objects, every member that is not in `kept`. What is taken keeps its place in a tree of the same shape.
template <class Json>
Json take_rest(Json& from, const Paths& kept, const std::string& path = "") {
  if (from.is_array()) {
    Json taken = Json::array();
    for (Json& one : from) taken.push_back(take_rest(one, kept, path));
    return taken;
  }
  Json taken = Json::object(), left = Json::object();
  for (const auto& [name, value] : from.items()) {
    const std::string here = path.empty() ? name : path + "/" + name;
    if (kept.count(here) > 0) {
      left[name] = std::move(value);
    } else if (leads_into(kept, here) && value.is_structured()) {
      taken[name] = take_rest(value, kept, here);
      left[name] = std::move(value);
    } else {
      taken[name] = std::move(value);
    }
  }
  from = std::move(left);
  return taken;
}

/// The opposite of `take_rest`. Throws MessageError where both trees have a value at one place, or lists of different lengths.
template <class Json>
void put_back(Json& into, const Json& taken) {
  if (into.is_object() && taken.is_object()) {
    for (const auto& [name, value] : taken.items()) {
      const auto found = into.find(name);
      if (found == into.end()) into[name] = value;
      else put_back(*found, value);
    }
  } else if (into.is_array() && taken.is_array() && into.size() == taken.size()) {
    for (std::size_t i = 0; i < into.size(); ++i) put_back(into[i], taken[i]);
  } else {
    throw i18n::MessageError(i18n::msg<"verify.vouched-form">());
  }
}

struct Difference {
  enum class Kind { other, added, missing };
  Kind kind = Kind::other;
  std::string path;  // names and places, with "/" between
};

/// The first place where what is said is not what was found; nothing where both are alike. The order of an object's members does not count.
template <class Json>
std::optional<Difference> first_difference(const Json& said, const Json& found, const std::string& path = "") {
  const auto at = [&](const std::string& name) { return path.empty() ? name : path + "/" + name; };
  if (said.is_object() && found.is_object()) {
    for (const auto& [name, value] : said.items()) {
      const auto same = found.find(name);
      if (same == found.end()) return Difference{Difference::Kind::added, at(name)};
      if (auto difference = first_difference(value, *same, at(name))) return difference;
    }
    for (const auto& [name, value] : found.items())
      if (!said.contains(name)) return Difference{Difference::Kind::missing, at(name)};
    return std::nullopt;
  }
  if (said.is_array() && found.is_array()) {
    const std::size_t both = std::min(said.size(), found.size());
    for (std::size_t i = 0; i < both; ++i)
      if (auto difference = first_difference(said[i], found[i], at(std::to_string(i)))) return difference;
    if (said.size() == found.size()) return std::nullopt;
    return Difference{said.size() > both ? Difference::Kind::added : Difference::Kind::missing, at(std::to_string(both))};
  }
  if (said == found) return std::nullopt;
  return Difference{Difference::Kind::other, path};
}

}  // namespace meterproof::attestation
