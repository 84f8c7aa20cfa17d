// SPDX-License-Identifier: Apache-2.0
#include "conformance/unsupported_probe.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "conformance/case.hpp"
#include "conformance/selection.hpp"
#include "conformance/spec_queries.hpp"
#include "core/i18n/message.hpp"
#include "core/model/request.hpp"
#include "core/rules/valid_request.hpp"

namespace meterproof::conformance {

using core::Interface;
using i18n::Message;
using i18n::msg;

namespace {

/// Whether an interface that may be called answers at the same path: a reply would be of it.
bool shares_its_path(const core::Spec& spec, const Scope& scope, const Interface& interface) {
  return std::any_of(spec.interfaces.begin(), spec.interfaces.end(), [&](const Interface& other) { return scope.has(other) && other.path == interface.path; });
}

/// A valid query whose keys no row has; of what changes something, a body without any of its fields.
std::string harmless_body(TargetSession& session, const Interface& interface) {
  core::RequestBuilder request{&interface, std::vector<std::optional<std::string>>(interface.request.size())};
  if (!changed_tables(interface).empty()) return request.body();
  for (const std::size_t field : interface.variants.front().fields) {
    const core::Field& about = interface.request[field];
    const bool is_key = about.refers || about.names;
    request.raw[field] = raw_value(about, is_key ? session.unused_key() : rules::make_valid_value(about, 1, session.now()));
  }
  return request.body();
}

/// What the target answers at a path that nobody has, to the same request. A server may answer every path alike.
std::optional<core::Code> code_elsewhere(TargetSession& session, const Interface& interface, const std::string& body) {
  net::HttpRequest request = session.signed_request(interface, session.next_timestamp(interface.path), body);
  request.path += "-not-there";
  return session.exchange(request).reply.code;
}

/// The declaration that excludes the interface, as it stands in the target file.
std::string declaration_of(const CheckOptions& options, const Interface& interface) {
  const auto found =
      std::find_if(options.unsupported.begin(), options.unsupported.end(), [&](const Exclusion& one) { return matches(one.cases, interface.name + "/"); });
  return found == options.unsupported.end() ? interface.name : found->cases;
}

}  // namespace

std::vector<Message> probe_unsupported(TargetSession& session, const CheckOptions& options) {
  std::vector<Message> out;
  const core::Spec& spec = session.spec();
  for (const Interface& interface : spec.interfaces) {
    if (!options.scope.plays(interface) || options.scope.has(interface) || shares_its_path(spec, options.scope, interface)) continue;
    const std::string body = harmless_body(session, interface);
    const Sent sent = session.send(interface, body);
    const std::optional<core::Code> code = sent.reply.code;
    if (sent.no_reply() || !code || spec.row(interface, *code) == nullptr) continue;
    if (code_elsewhere(session, interface, body) == code) continue;
    out.push_back(msg<"check.declared-but-there">(interface.name, spec.envelope.code, code->value, declaration_of(options, interface)));
  }
  return out;
}

std::vector<Message> undeclared_absences(const TargetSession& session, const CheckOptions& options) {
  constexpr std::size_t fewest = 2;  // one reply may be somebody else's
  std::vector<Message> out;
  const core::Spec& spec = session.spec();
  for (const Interface& interface : spec.interfaces) {
    const TargetSession::PathReplies replies = session.replies_of(interface.path);
    if (!options.scope.has(interface) || replies.with_code > 0 || replies.without_code < fewest) continue;
    out.push_back(msg<"check.absent-but-undeclared">(interface.name, replies.without_code, spec.envelope.code, replies.status,
                                                     "- { cases: " + interface.name + ", reason: … }"));
  }
  return out;
}

}  // namespace meterproof::conformance
