// A call as bytes: everything up to the signature is made once.
#pragma once

#include <string>
#include <string_view>

#include "core/model/interface.hpp"
#include "loadgen/timestamp_allocator.hpp"
#include "net/address.hpp"

namespace meterproof::loadgen {

/// Request line, Host and the headers that are always the same.
std::string head_of(const core::Spec& spec, const net::Address& address, const core::Interface& interface);

/// Appends the request, signed with the next free timestamp. Nothing but the body tells one call from another.
void append_request(std::string& out, const std::string& head, TimestampAllocator& timestamps, core::DateTime now, std::string_view body);

}  // namespace meterproof::loadgen
