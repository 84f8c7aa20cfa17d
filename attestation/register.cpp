// SPDX-License-Identifier: Apache-2.0
#include "attestation/register.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "attestation/certificate.hpp"
#include "attestation/envelope.hpp"
#include "attestation/statement.hpp"
#include "core/auth/base64.hpp"
#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "core/text/json_excess.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::attestation {

using json = nlohmann::ordered_json;
using core::DateTime;
using i18n::msg;

namespace {

constexpr std::string_view schema = "meterproof/register/1";

json to_json(const RegisterEntry& entry) {
  json out = {{"serial", entry.serial}};
  if (!entry.digest.empty()) {
    out["sha256"] = entry.digest;
    out["target"] = entry.target;
    out["product"] = entry.product;
    out["issued"] = entry.issued;
    out["until"] = entry.until;
    out["conforms"] = entry.conforms;
  }
  if (!entry.revoked.empty()) out["revoked"] = {{"at", entry.revoked}, {"reason", entry.reason}};
  return out;
}

RegisterEntry entry_from(const json& value) {
  RegisterEntry out;
  out.serial = value.at("serial").get<std::string>();
  if (value.contains("sha256")) {
    out.digest = value.at("sha256").get<std::string>();
    out.target = value.at("target").get<std::string>();
    out.product = value.at("product").get<std::string>();
    out.issued = value.at("issued").get<std::string>();
    out.until = value.at("until").get<std::string>();
    out.conforms = value.at("conforms").get<bool>();
  }
  if (value.contains("revoked")) {
    out.revoked = value.at("revoked").at("at").get<std::string>();
    out.reason = value.at("revoked").at("reason").get<std::string>();
  }
  return out;
}

}  // namespace

RegisterEntry* Register::find(const std::string& serial) {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const RegisterEntry& one) { return one.serial == serial; });
  return found == entries.end() ? nullptr : &*found;
}

const RegisterEntry* Register::find(const std::string& serial) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const RegisterEntry& one) { return one.serial == serial; });
  return found == entries.end() ? nullptr : &*found;
}

bool is_serial(const std::string& text) {
  constexpr std::size_t digits = 32;
  return text.size() == digits && std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

RegisterEntry entry_of(const std::string& certificate) {
  const Statement said = statement_from(json::parse(certificate).at("statement").dump()).said;
  RegisterEntry out{said.serial, sha256(certificate), said.check.target, {}, said.issued, said.valid_until, said.check.exit_code == 0, {}, {}};
  if (said.check.subject) {
    std::vector<std::string> words;
    for (const std::string* part : {&said.check.subject->vendor, &said.check.subject->product, &said.check.subject->version})
      if (!part->empty()) words.push_back(*part);
    out.product = core::join(words, " ");
  }
  return out;
}

std::string to_json(const Register& content, const Key& key) {
  json statement = {{"number", content.number}, {"updated", content.updated}, {"certificates", json::array()}};
  for (const RegisterEntry& one : content.entries) statement["certificates"].push_back(to_json(one));
  const std::string signature = auth::base64(key.sign(canonical(statement.dump())));
  const json out = {{"schema", std::string(schema)}, {"statement", std::move(statement)}, {"key", key.fingerprint()}, {"signature", signature}};
  return canonical(out.dump());
}

RegisterRead register_from(const std::string& text, const Key& key) {
  RegisterRead out;
  const auto wrong = [&](i18n::Message what) { out.findings.push_back(std::move(what)); };
  if (core::json_excess(text) != core::JsonExcess::none) {
    wrong(msg<"register.unreadable">());
    return out;
  }
  try {
    const json whole = json::parse(text);
    if (!whole.is_object() || whole.value("schema", "") != schema) {
      wrong(msg<"register.schema">(schema));
      return out;
    }
    Verification envelope;
    check_envelope(text, key, envelope);
    out.findings = std::move(envelope.findings);
    const json& statement = whole.at("statement");
    out.content.number = statement.at("number").get<std::uint64_t>();
    out.content.updated = statement.at("updated").get<std::string>();
    std::set<std::string> serials;
    for (const json& one : statement.at("certificates")) {
      RegisterEntry entry = entry_from(one);
      if (!is_serial(entry.serial) || !serials.insert(entry.serial).second) wrong(msg<"register.serial">(core::sanitize(entry.serial.substr(0, 64))));
      out.content.entries.push_back(std::move(entry));
    }
    if (!time_from(out.content.updated)) wrong(msg<"register.unreadable">());
  } catch (const json::exception&) {
    wrong(msg<"register.unreadable">());
  }
  return out;
}

Standing standing_of(const RegisterEntry& entry, DateTime now) {
  if (!entry.revoked.empty()) return Standing::revoked;
  const auto until = time_from(entry.until);
  return until && *until < now ? Standing::expired : Standing::valid;
}

RegisterFinding look_up(const RegisterRead& in, const std::string& certificate) {
  RegisterFinding out;
  if (!in.findings.empty()) {
    for (const i18n::Message& one : in.findings) out.findings.push_back(msg<"verify.register">(one));
    return out;
  }
  const Register& content = in.content;
  const RegisterEntry own = entry_of(certificate);
  const RegisterEntry* const entry = content.find(own.serial);
  const std::string updated = core::sanitize(content.updated);
  if (entry != nullptr && !entry->revoked.empty()) {
    out.findings.push_back(msg<"verify.revoked">(core::sanitize(entry->revoked), core::sanitize(entry->reason)));
  } else if (entry != nullptr && entry->digest != own.digest) {
    out.findings.push_back(msg<"verify.registered-other">(content.number, updated));
  } else if (entry != nullptr) {
    out.notes.push_back(msg<"verify.registered">(content.number, updated));
  } else if (const auto issued = time_from(own.issued), until = time_from(content.updated); issued && until && *issued > *until) {
    out.needs = msg<"verify.register-older">(updated, own.issued);
  } else {
    out.findings.push_back(msg<"verify.not-registered">(content.number, updated));
  }
  return out;
}

}  // namespace meterproof::attestation
