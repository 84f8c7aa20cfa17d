// SPDX-License-Identifier: Apache-2.0
// Writes a request as bytes. Everything in front of the signature is the same for all requests of an interface and is made once.
#pragma once

#include <string>
#include <string_view>

#include "core/model/interface.hpp"
#include "loadgen/timestamp_allocator.hpp"
#include "net/address.hpp"

namespace meterproof::loadgen {

/// Request line, Host, net::identification() and the constant headers of the specification; each line with its CRLF.
std::string request_head(const core::Spec& spec, const net::Address& address, const core::Interface& interface);

/// Appends the complete request, signed with the next free timestamp. TimestampAllocator::available(now) must be true.
void append_request(std::string& out, const std::string& head, TimestampAllocator& timestamps, core::DateTime now, std::string_view body);
/// The same for that appId; TimestampAllocator::available_to must be true.
void append_request_of(std::string& out, const std::string& head, TimestampAllocator& timestamps, std::size_t app, core::DateTime now, std::string_view body);
/// The same for that appId and that second, whatever was used.
void append_request_at(std::string& out, const std::string& head, TimestampAllocator& timestamps, std::size_t app, core::DateTime second,
                       std::string_view body);

}  // namespace meterproof::loadgen
