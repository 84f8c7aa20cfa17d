// SPDX-License-Identifier: Apache-2.0
// The interface as an OpenAPI 3.1 document, for the tools that read those.
#pragma once

#include <string>

#include "core/model/interface.hpp"

namespace meterproof::openapi {

/// The document of the interfaces that `role` serves, as indented JSON.
std::string document(const core::Spec& spec, core::Role role);

}  // namespace meterproof::openapi
