// SPDX-License-Identifier: Apache-2.0
#include "attestation/envelope.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "core/auth/base64.hpp"
#include "core/i18n/message.hpp"
#include "core/text/utf8.hpp"
#include "reports/headline.hpp"

namespace meterproof::attestation {

using json = nlohmann::ordered_json;
using i18n::Message;
using i18n::msg;
using reports::Verdict;

namespace {

/// All that a certificate has. Nothing else may stand beside the signed statement: a reader would take it for signed.
constexpr std::array<std::string_view, 4> envelope{"schema", "statement", "key", "signature"};

std::string canonical_of(const json& value) { return value.dump(1) + "\n"; }

/// Whether its members stand in the order in which they are written. Unknown ones are told by their names.
bool is_in_order(const json& certificate) {
  const auto* next = envelope.begin();
  for (const auto& [name, value] : certificate.items()) {
    const auto* const found = std::find(envelope.begin(), envelope.end(), name);
    if (found < next) return false;
    if (found != envelope.end()) next = found + 1;
  }
  return true;
}

}  // namespace

std::string canonical(const std::string& text) { return canonical_of(json::parse(text)); }

void check_envelope(const std::string& text, const Key& key, Verification& out) {
  const json certificate = json::parse(text);
  const auto finding = [&](Message what) { out.findings.push_back(std::move(what)); };
  if (canonical_of(certificate) != text || !is_in_order(certificate)) finding(msg<"verify.file-changed">());
  for (const auto& [name, value] : certificate.items())
    if (std::find(envelope.begin(), envelope.end(), name) == envelope.end()) finding(msg<"verify.file-unsigned">(core::sanitize(name.substr(0, 64))));
  const auto& named = certificate.at("key").get_ref<const std::string&>();
  if (named != key.fingerprint()) finding(msg<"verify.key">(core::sanitize(named.substr(0, 64)), key.fingerprint()));
  const auto signature = auth::base64_decode(certificate.at("signature").get_ref<const std::string&>());
  if (!signature || !key.verifies(canonical_of(certificate.at("statement")), *signature)) finding(msg<"verify.signature">());
}

bool note_suite(const reports::SuiteRecord& theirs, const std::map<std::string, std::string>& their_files, const ToolIdentity& ours, Verification& out) {
  const std::size_t before = out.notes.size();
  if (theirs.rules_digest != ours.suite.rules_digest) out.notes.push_back(msg<"verify.note-suite">(described(theirs), described(ours.suite)));
  for (const auto& [name, digest] : ours.spec_files) {
    const auto their_file = their_files.find(name);
    if (their_file == their_files.end()) out.notes.push_back(msg<"verify.note-spec-added">(name));
    else if (their_file->second != digest) out.notes.push_back(msg<"verify.note-spec-changed">(name));
  }
  for (const auto& [name, digest] : their_files)
    if (ours.spec_files.count(name) == 0) out.notes.push_back(msg<"verify.note-spec-absent">(core::sanitize(name.substr(0, 100))));
  return out.notes.size() == before;
}

namespace {
constexpr std::string_view utc = " UTC";
}  // namespace

std::string as_text(core::DateTime time) { return time.to_string() + std::string(utc); }

std::optional<core::DateTime> time_from(std::string_view text) {
  return text.ends_with(utc) ? core::DateTime::parse(text.substr(0, text.size() - utc.size())) : std::nullopt;
}

std::string described(const reports::SuiteRecord& suite) {
  const auto part = [](const std::string& text, std::size_t most) { return core::sanitize(text.substr(0, most)); };
  return part(suite.name, 64) + " " + part(suite.version, 64) + " (spec " + part(suite.spec_version, 64) + ", rules " + part(suite.rules_digest, 12) + ")";
}

std::string described(const reports::EventRecord& event) {
  const std::string out = event.kind + (event.sent.empty() ? "" : " with " + event.sent.front().url);
  return core::sanitize(out.substr(0, 100));
}

Message summary_of(const reports::CheckRecord& check) {
  const auto count = [&](Verdict verdict) { return check.count(verdict); };
  return msg<"verify.subject">(check.target, check.role, reports::headline(check), check.cases.size(), count(Verdict::failed), count(Verdict::inconclusive),
                               count(Verdict::not_applicable), count(Verdict::waived), check.started);
}

}  // namespace meterproof::attestation
