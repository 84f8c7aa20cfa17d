// The interface as an OpenAPI 3.1 document, for the tools that read those.
#pragma once

#include <string>

#include "spec/model/interface.hpp"

namespace meterproof::openapi {

/// The document of the interfaces that `role` serves, as indented JSON.
std::string document(const spec::Spec& spec, spec::Role role);

}  // namespace meterproof::openapi
