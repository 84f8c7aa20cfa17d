// SPDX-License-Identifier: Apache-2.0
#include "attestation/certificate_v2.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "attestation/digests.hpp"
#include "attestation/envelope.hpp"
#include "core/i18n/message.hpp"
#include "core/text/utf8.hpp"
#include "reports/load_record.hpp"

namespace meterproof::attestation {

using json = nlohmann::ordered_json;
using i18n::Message;
using i18n::msg;
using reports::CheckRecord;

namespace {

void check_chain(const json& statement, Verification& out) {
  const json& events = statement.at("record").at("transcript").at("events");
  const json& links = statement.at("links");
  std::string before;
  std::size_t at = 0;
  for (const json& event : events) {
    before = sha256(before + event.dump());
    if (at >= links.size() || links[at].get<std::string>() != before) {
      out.findings.push_back(msg<"verify.event">(at + 1, core::sanitize(event.value("kind", "").substr(0, 100))));
      return;
    }
    ++at;
  }
  if (links.size() != events.size()) out.findings.push_back(msg<"verify.events-missing">(links.size() - events.size()));
  else if (statement.at("chain").get<std::string>() != before) out.findings.push_back(msg<"verify.chain">());
}

/// The summary must be the record's, as far as it is known today.
void check_subject(const json& statement, const CheckRecord& check, Verification& out) {
  const json& subject = statement.at("subject");
  const json& record = statement.at("record");
  for (const char* name : {"target", "role", "started", "suite", "verdict", "declarations", "calibration", "filter"})
    if (subject.at(name) != record.at(name)) out.findings.push_back(msg<"verify.subject-changed">(name));
  if (subject.at("exchanges") != json(check.transcript->exchanges())) out.findings.push_back(msg<"verify.subject-changed">("exchanges"));
  for (std::size_t i = 0; i < reports::verdict_names.size(); ++i) {
    const auto counted = subject.at("counts").find(std::string(reports::verdict_names[i]));
    if (counted == subject.at("counts").end() || *counted != json(check.count(static_cast<reports::Verdict>(i)))) {
      out.findings.push_back(msg<"verify.subject-changed">("counts"));
      break;
    }
  }
}

}  // namespace

Verification verify_v2(const std::string& text, const Key& key, const ToolIdentity& tool) {
  Verification out;
  check_envelope(text, key, out);
  const json certificate = json::parse(text);
  const json& statement = certificate.at("statement");
  check_chain(statement, out);
  const auto files = statement.at("spec_files").get<std::map<std::string, std::string>>();
  if (statement.at("spec_sha256").get<std::string>() != digest_of(files)) out.findings.push_back(msg<"verify.spec-digest">());
  Message why;
  const auto check = reports::check_record_from(statement.at("record").dump(), why);
  if (!check || !check->transcript) {
    out.findings.push_back(msg<"verify.record">(check ? msg<"replay.no-transcript">() : why));
    return out;
  }
  check_subject(statement, *check, out);
  if (statement.at("record").at("suite") != statement.at("suite")) out.findings.push_back(msg<"verify.suite">());
  note_suite(check->suite, files, tool, out);
  out.notes.push_back(msg<"verify.note-older">("meterproof/certificate/2"));
  out.conforms = check->exit_code == 0;
  out.seen = {msg<"verify.saw-claim">(summary_of(*check)), msg<"verify.saw-suite">(described(check->suite)), msg<"verify.saw-key">(key.fingerprint())};
  std::size_t number = 0;
  for (const json& one : statement.at("loads"))
    if (++number; !reports::load_record_from(one.dump(), why)) out.findings.push_back(msg<"verify.load">(number, why));
  // No suite of today is the one that judged, and nothing else can tell whether all of it follows.
  out.needs = i18n::verbatim(described(check->suite));
  return out;
}

}  // namespace meterproof::attestation
