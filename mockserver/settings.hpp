// How a mock server is to behave: what the command line and the open questions decide.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "spec/model/interface.hpp"
#include "spec/wire/signature.hpp"

namespace meterproof::mock {

struct Settings {
  std::vector<wire::App> apps;
  std::optional<spec::Role> only;  // one side of the interface; both where it is empty
  std::chrono::minutes utc_offset{480};
  std::chrono::seconds tolerance{300};
  bool refuse_replays = true;
  bool control = true;
  std::size_t journal_length = 250;
  std::map<std::string, std::string, std::less<>> readings;  // by question: its id, or INTERFACE/ID
};

/// Checks `ID=ANSWER` against the open questions and takes it. "" or what is wrong and what may be written.
std::string take_reading(Settings& settings, const spec::Spec& spec, const std::string& choice);

/// An answer to every open question, by chance: the same seed, the same answers.
void take_readings_by_chance(Settings& settings, const spec::Spec& spec, std::uint64_t seed);

/// The settings of a choice for all interfaces, or the paper's first reading.
class Choices {
 public:
  Choices(const spec::Spec& spec, const Settings& settings) : spec_(&spec), settings_(&settings) {}

  std::string of(std::string_view question) const;
  /// The code that answers a question's rule.
  spec::Code of(const spec::Interface& interface, const spec::Unclear& question) const;

 private:
  const spec::Spec* spec_;
  const Settings* settings_;
};

}  // namespace meterproof::mock
