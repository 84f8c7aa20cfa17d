// Scenarios of the load generator, and the data that they play.
#pragma once

#include <string>

#include "spec/model/scenario.hpp"

namespace meterproof::yaml {

/// A scenario file (see spec/scenarios/). Every problem found, located, where there is one.
spec::Result<spec::Scenario> load_scenario(const spec::Spec& spec, const std::string& path);

/// A scenario of that one interface, played as its spec says (simulate:).
spec::Scenario plain_scenario(const spec::Spec& spec, std::size_t interface);

}  // namespace meterproof::yaml
