// A call as bytes: everything up to the signature is made once.
#pragma once

#include <string>
#include <string_view>

#include "http/address.hpp"
#include "loadgen/stamps.hpp"
#include "spec/model/interface.hpp"

namespace meterproof::load {

/// Request line, Host and the headers that are always the same.
std::string head_of(const spec::Spec& spec, const http::Address& address, const spec::Interface& interface);

/// Appends the request, signed with the next free timestamp. Nothing but the body tells one call from another.
void append_request(std::string& out, const std::string& head, Stamps& stamps, spec::DateTime now, std::string_view body);

}  // namespace meterproof::load
