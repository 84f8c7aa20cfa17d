// SPDX-License-Identifier: Apache-2.0
// Signed requests for the tools in which people try an interface by hand.
#pragma once

#include <map>
#include <string>

#include "core/model/interface.hpp"

namespace meterproof::openapi {

/// The key of a row that is there, by table: variables of what is exported begin with them.
using KnownKeys = std::map<std::size_t, std::string>;

/// A collection in format 2.1 (schema.getpostman.com), which Apifox and Bruno import too: a request of each shape of each interface that `role` serves.
/// A script signs each before it is sent; appId and secret are variables, and the secret's is empty.
std::string postman_collection(const core::Spec& spec, core::Role role, const KnownKeys& known);

/// An .http file for httpYac (httpyac.github.io) and the editors that run it.
std::string http_file(const core::Spec& spec, core::Role role, const KnownKeys& known);

}  // namespace meterproof::openapi
