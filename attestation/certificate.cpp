// SPDX-License-Identifier: Apache-2.0
#include "attestation/certificate.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "attestation/certificate_v2.hpp"
#include "attestation/digests.hpp"
#include "attestation/envelope.hpp"
#include "attestation/json_tree.hpp"
#include "attestation/register.hpp"
#include "attestation/rejudged.hpp"
#include "attestation/statement.hpp"
#include "client_conformance/client_transcript.hpp"
#include "conformance/planner.hpp"
#include "conformance/selection.hpp"
#include "conformance/transcript.hpp"
#include "core/auth/base64.hpp"
#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "core/json/json_diagnosis.hpp"
#include "core/text/encoding_guess.hpp"
#include "core/text/json_excess.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"
#include "loadgen/derive.hpp"

namespace meterproof::attestation {

using core::DateTime;
using json = nlohmann::ordered_json;
using i18n::Message;
using i18n::msg;
using reports::CheckRecord;
using reports::LoadRecord;

namespace {

constexpr std::string_view schema = "meterproof/certificate/3", schema_before = "meterproof/certificate/2", schema_family = "meterproof/certificate/";

/// When the last thing happened of what is certified.
DateTime end_of(const Statement& statement) {
  constexpr std::int64_t furthest = 4'000'000'000'000;  // no transcript that can be replayed goes further
  std::int64_t last = 0;                                // milliseconds
  for (const reports::EventRecord& event : statement.check.transcript->events)
    for (const std::int64_t time : event.times) last = std::max(last, std::min(time, furthest));
  DateTime end{last / 1000};
  for (const LoadRecord& load : statement.loads)
    end = std::max(end, DateTime{static_cast<std::int64_t>(std::min(1e11, std::floor(load.started_at + load.duration_s)))});
  return end;
}

std::string number(double value, int digits) {
  char out[48];
  if (!std::isfinite(value)) return "–";
  std::snprintf(out, sizeof out, "%.*f", digits, value);
  return out;
}

/// Why a text cannot be read as a certificate: its first mistake, or a part that is missing or of another kind. The library's own words do not reach the
/// user.
Message unreadable(const std::string& text) {
  const auto mistake = meterproof::json::find_mistake_or_duplicate(text);
  return msg<"verify.file-unreadable">(mistake ? to_message(*mistake, text) : msg<"record.incomplete">());
}

class Verifier {
 public:
  Verifier(const Key& key, const core::Spec& spec, const ToolIdentity& tool, DateTime now) : key_(key), spec_(spec), tool_(tool), now_(now) {}

  Verification verify(const std::string& text) {
    check_envelope(text, key_, out_);
    try {
      check(json::parse(text).at("statement"));
    } catch (const i18n::MessageError& error) {
      finding(error.message());
    } catch (const json::exception&) {
      finding(unreadable(text));
    }
    return std::move(out_);
  }

 private:
  void check(const json& statement) {
    const StatementRead read = statement_from(statement.dump());
    const Statement& said = read.said;
    same_suite_ = note_suite(said.tool.suite, said.tool.spec_files, tool_, out_);
    if (same_suite_ && said.tool.digest != tool_.digest) out_.notes.push_back(msg<"verify.note-build">());
    check_chain(read);
    check_validity(said);
    check_declarations(said.check);
    Statement found = said;
    judge(said.check, said.tool.spec_files, found.check);
    derive_loads(said, found);
    compare(statement, found);
    out_.conforms = said.check.exit_code == 0;
    describe(said);
  }

  void finding(Message what) { out_.findings.push_back(std::move(what)); }

  /// What this suite finds otherwise. Another suite asks and judges otherwise: what it finds says nothing about this certificate.
  void otherwise(const CheckRecord& said, std::vector<Message> what) {
    if (what.empty()) return;
    differs_ = true;
    if (!same_suite_) out_.needs = i18n::verbatim(described(said.suite));
    else out_.findings.insert(out_.findings.end(), std::make_move_iterator(what.begin()), std::make_move_iterator(what.end()));
  }

  void check_chain(const StatementRead& read) {
    const auto& [said, links, chain, found] = read;
    const auto [ours, theirs] = std::mismatch(found.begin(), found.end(), links.begin(), links.end());
    const auto at = static_cast<std::size_t>(ours - found.begin());
    if (at == 0) finding(msg<"verify.told">());
    else if (ours != found.end()) finding(msg<"verify.event">(at, described(said.check.transcript->events[at - 1])));
    else if (theirs != links.end()) finding(msg<"verify.events-missing">(links.size() - found.size()));
    else if (chain != found.back()) finding(msg<"verify.chain">());
  }

  /// The issuer's word, as far as it can be true.
  void check_validity(const Statement& said) {
    constexpr std::chrono::hours clocks_differ_by(24);
    const auto shown = [](const std::string& text) { return core::sanitize(text.substr(0, 64)); };
    const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (!is_serial(said.serial)) finding(msg<"verify.serial">(shown(said.serial)));
    const std::string& digest = said.tool.digest;
    if (digest.size() != 64 || !std::all_of(digest.begin(), digest.end(), is_hex)) finding(msg<"verify.tool">(shown(digest)));
    if (!(said.check.duration_s >= 0)) finding(msg<"verify.load-number">("duration_s"));  // NaN too
    if (said.check.exit_code > 1) finding(msg<"verify.not-judged">(to_message(said.check.verdict)));
    const auto issued = time_from(said.issued), until = time_from(said.valid_until);
    if (!issued) return finding(msg<"verify.issued">(shown(said.issued)));
    if (const DateTime end = end_of(said); *issued < end) finding(msg<"verify.issued-before">(said.issued, end.to_string()));
    if (*issued > now_ + clocks_differ_by) finding(msg<"verify.issued-later">(said.issued, now_.to_string()));
    if (!until || *until <= *issued) finding(msg<"verify.valid">(said.issued, shown(said.valid_until)));
    else if (*until > *issued + longest_validity) finding(msg<"verify.valid-too-long">(said.issued, said.valid_until));
    else if (*until < now_) out_.expired = said.valid_until;
  }

  /// A declaration that stands for nothing is no declaration: a reader may take it for one.
  void check_declarations(const CheckRecord& check) {
    constexpr std::size_t most = 1000;
    if (check.declarations.size() > most) throw i18n::MessageError(msg<"verify.declarations">(check.declarations.size()));
    if (check.declarations.empty()) return;
    if (client_conformance::is_of_client(check)) throw i18n::MessageError(msg<"verify.declaration-idle">(core::sanitize(check.declarations.front().cases)));
    std::set<std::string> ids;
    const conformance::Scope scope{check.role != "billing", check.role != "platform"};
    for (const auto& one : conformance::plan(spec_, scope, check.transcript->fixtures, check.transcript->rows)) ids.insert(one->info().id);
    for (const reports::CaseRecord& one : check.cases) ids.insert(one.id);
    for (const reports::DeclarationRecord& one : check.declarations)
      if (std::none_of(ids.begin(), ids.end(), [&](const std::string& id) { return conformance::matches(one.cases, id); }))
        otherwise(check, {msg<"verify.declaration-idle">(core::sanitize(one.cases.substr(0, 200)))});
  }

  /// `found` becomes the record that the transcript gives; what no transcript tells is as it was said. `spec_files`: those of the statement.
  void judge(const CheckRecord& said, const std::map<std::string, std::string>& spec_files, CheckRecord& found) {
    try {
      CheckRecord again = rejudged(spec_, said);
      otherwise(said, differences(said, again));
      again.transcript = said.transcript;
      again.tool = said.tool;
      again.duration_s = said.duration_s;
      again.connections_opened = said.connections_opened;
      again.spec_digest = said.spec_digest.empty() ? "" : digest_of(spec_files);
      again.subject = said.subject;
      if (!same_suite_) {
        again.suite = said.suite;  // what else names it must name the same
        take_wordings(said, again);
      }
      found = std::move(again);
    } catch (const json::exception&) {
      otherwise(said, {msg<"verify.not-rejudged">(msg<"record.incomplete">())});
    } catch (const std::exception& error) {
      otherwise(said, {msg<"verify.not-rejudged">(i18n::message_of(error))});
    }
  }

  /// Titles, requirements and questions as the suite that judged words them: not compared, and the reader is told so.
  static void take_wordings(const CheckRecord& said, CheckRecord& again) {
    for (std::size_t i = 0; i < std::min(said.cases.size(), again.cases.size()); ++i) {
      if (again.cases[i].id != said.cases[i].id) continue;
      again.cases[i].title = said.cases[i].title;
      again.cases[i].requirement = said.cases[i].requirement;
    }
    for (std::size_t i = 0; i < std::min(said.questions.size(), again.questions.size()); ++i) {
      if (again.questions[i].id != said.questions[i].id) continue;
      again.questions[i].zh = said.questions[i].zh;
      again.questions[i].en = said.questions[i].en;
    }
  }

  void derive_loads(const Statement& said, Statement& found) {
    for (std::size_t i = 0; i < found.loads.size(); ++i) {
      LoadRecord& load = found.loads[i];
      const auto wrong = [&](Message reason) { return msg<"verify.load">(i + 1, std::move(reason)); };
      if (load.target != said.check.target) finding(wrong(msg<"verify.load-target">(load.target, said.check.target)));
      for (std::size_t before = 0; before < i; ++before)
        if (said.loads[before].histograms == load.histograms) finding(wrong(msg<"verify.load-twice">(before + 1)));
      if (Message why = loadgen::derive(load); !why.empty()) otherwise(said.check, {wrong(std::move(why))});
      else if (load.exit_code != 0) otherwise(said.check, {wrong(msg<"verify.load-not-good">(load.verdict))});
    }
  }

  /// Whatever a reader sees is in the statement, and all of it was made anew: it must be the same.
  void compare(const json& statement, const Statement& found) {
    Statement made = found;
    if (same_suite_) {
      made.tool.suite = tool_.suite;
      made.tool.spec_files = tool_.spec_files;
    }
    const std::string text = to_json(made);
    if (!same_suite_ && !differs_) out_.notes.push_back(msg<"verify.note-texts">());
    if (differs_ || text == statement.dump(1) + "\n") return;
    const json anew = json::parse(text);
    const auto difference = first_difference(statement, anew);
    if (same_suite_) return tell(difference);
    // The summary contradicts the record, whoever judged.
    for (const char* part : {"suite", "spec_sha256", "subject"})
      if (const auto contradiction = first_difference(statement.at(part), anew.at(part), part); contradiction && contradiction->kind == Difference::Kind::other)
        tell(contradiction);
    for (const auto& [name, value] : statement.items())
      if (!anew.contains(name)) finding(msg<"verify.added">(core::sanitize(name.substr(0, 200))));
    // Another suite may have other members. Whether they are right, only that one can tell.
    if (difference) out_.needs = i18n::verbatim(described(found.check.suite));
  }
  void tell(const std::optional<Difference>& difference) {
    if (!difference) return finding(msg<"verify.form">());
    const std::string path = core::sanitize(difference->path.substr(0, 200));
    switch (difference->kind) {
      case Difference::Kind::other: return finding(msg<"verify.differs">(path));
      case Difference::Kind::added: return finding(msg<"verify.added">(path));
      case Difference::Kind::missing: return finding(msg<"verify.missing">(path));
    }
  }

  void describe(const Statement& said) {
    const CheckRecord& check = said.check;
    std::vector<Message>& seen = out_.seen;
    seen.push_back(out_.needs.empty() ? summary_of(check) : msg<"verify.saw-claim">(summary_of(check)));
    seen.push_back(msg<"verify.saw-serial">(said.serial));
    seen.push_back(msg<"verify.saw-suite">(described(check.suite)));
    seen.push_back(msg<"verify.saw-key">(key_.fingerprint()));
    if (!out_.needs.empty()) return;  // whatever else it says was not found again
    seen.push_back(msg<"verify.saw-exchanges">(check.transcript->exchanges(), check.cases.size()));
    describe_reach(check);
    for (std::size_t i = 0; i < said.loads.size(); ++i) {
      const LoadRecord& load = said.loads[i];
      seen.push_back(msg<"verify.saw-load">(i + 1, load.verdict, load.requests, load.good, number(load.response_time.p50, 3), number(load.response_time.p95, 3),
                                            number(load.response_time.p99, 3)));
    }
    for (const reports::DeclarationRecord& one : check.declarations)
      seen.push_back(one.kind == "unsupported" ? msg<"verify.saw-unsupported">(one.cases, one.reason)
                                               : msg<"verify.saw-waiver">(one.expires, one.cases, one.reason));
    if (check.declarations.empty()) seen.push_back(msg<"verify.saw-nothing-declared">());
    seen.push_back(msg<"verify.saw-word">(said.issued, said.valid_until, core::sanitize(said.tool.digest.substr(0, 12)), number(check.duration_s, 1)));
    if (check.subject) {
      std::vector<std::string> parts;
      for (const std::string* part : {&check.subject->vendor, &check.subject->product, &check.subject->version, &check.subject->contact})
        if (!part->empty()) parts.push_back(*part);
      seen.push_back(msg<"verify.saw-product">(core::join(parts)));
    }
    for (std::size_t i = 0; i < said.loads.size(); ++i) {
      const LoadRecord& load = said.loads[i];
      seen.push_back(
          msg<"verify.saw-load-word">(i + 1, load.mode, load.workload, number(load.rate, 1), number(load.measured_s, 1), load.connections, load.meters));
      std::vector<std::string> thresholds;
      for (const reports::ThresholdRecord& one : load.thresholds) thresholds.push_back(one.text);
      seen.push_back(thresholds.empty() ? msg<"verify.saw-no-thresholds">(i + 1) : msg<"verify.saw-thresholds">(i + 1, core::join(thresholds)));
      if (load.load_class) seen.push_back(msg<"verify.saw-class">(i + 1, load.load_class->meters, core::sanitize(load.load_class->text)));
      for (const reports::ReconciliationRecord& one : load.reconciliation)
        seen.push_back(msg<"verify.saw-reconciled">(i + 1, one.name, one.acknowledged, one.confirmed));
    }
    seen.push_back(msg<"verify.saw-not-proved">());
  }

  /// What the verdict is not about: the reader of a certificate must know it.
  void describe_reach(const CheckRecord& check) {
    if (!check.reach) return;
    out_.seen.push_back(msg<"verify.saw-reach">(check.reach->judged, check.reach->clauses));
    struct Gap {
      const Message* why = nullptr;
      std::vector<std::string> sections;
      std::size_t clauses = 0;
    };
    std::vector<Gap> gaps;  // by reason
    for (const reports::InterfaceReachRecord& one : check.reach->interfaces)
      for (const reports::NotJudgedRecord& part : one.not_judged) {
        const auto same = std::find_if(gaps.begin(), gaps.end(), [&](const Gap& other) { return *other.why == part.why; });
        Gap& gap = same == gaps.end() ? gaps.emplace_back(Gap{&part.why, {}, 0}) : *same;
        gap.sections.push_back(core::sanitize(one.section));
        gap.clauses += part.clauses.size();
      }
    constexpr std::size_t most = 4;  // of the lines that verify prints
    for (std::size_t i = 0; i < std::min(most, gaps.size()); ++i)
      out_.seen.push_back(msg<"verify.saw-gap">(core::join(gaps[i].sections), gaps[i].clauses, *gaps[i].why));
    if (gaps.size() > most) out_.seen.push_back(msg<"verify.more-gaps">(gaps.size() - most));
  }

  const Key& key_;
  const core::Spec& spec_;
  const ToolIdentity& tool_;
  const DateTime now_;
  bool same_suite_ = true;
  bool differs_ = false;  // a part could not be made anew, or was told of already
  Verification out_;
};

}  // namespace

std::string issue(const core::Spec& spec, const ToolIdentity& tool, CheckRecord check, std::vector<LoadRecord> loads, const Key& key,
                  const Validity& validity) {
  conformance::redact_tokens(spec, check);
  for (std::size_t i = 0; i < loads.size(); ++i)
    if (const Message why = loadgen::derive(loads[i]); !why.empty()) throw i18n::MessageError(msg<"verify.load">(i + 1, why));
  const std::string statement = to_json({random_serial(), as_text(validity.issued), as_text(validity.until), tool, std::move(check), std::move(loads)});
  const json out = {
      {"schema", std::string(schema)}, {"statement", json::parse(statement)}, {"key", key.fingerprint()}, {"signature", auth::base64(key.sign(statement))}};
  return out.dump(1) + "\n";
}

Verification verify(const std::string& text, const Key& key, const core::Spec& spec, const ToolIdentity& tool, DateTime now) {
  Verification out;
  const auto wrong = [&](Message what) {
    out.findings.push_back(std::move(what));
    return out;
  };
  if (const std::string_view wide = core::wide_encoding(text); !wide.empty()) return wrong(msg<"verify.file-unreadable">(msg<"json.wide">(wide)));
  switch (core::json_excess(text)) {
    case core::JsonExcess::nesting: return wrong(msg<"verify.file-nested">());
    case core::JsonExcess::members: return wrong(msg<"verify.file-members">());
    case core::JsonExcess::values: return wrong(msg<"verify.file-values">());
    case core::JsonExcess::none: break;
  }
  try {
    const json certificate = json::parse(text);
    const std::string found = certificate.is_object() ? certificate.value("schema", "") : "";
    if (found == schema || found == schema_before)
      for (const char* part : {"statement", "key", "signature"}) {
        const auto at = certificate.find(part);
        if (at == certificate.end()) return wrong(msg<"verify.missing">(part));
        if (std::string_view(part) == "statement" ? !at->is_object() : !at->is_string())
          return wrong(msg<"verify.file-unreadable">(msg<"record.wrong-type">(part)));
      }
    if (found == schema) return Verifier(key, spec, tool, now).verify(text);
    if (found == schema_before) return verify_v2(text, key, tool);
    if (!found.starts_with(schema_family)) return wrong(msg<"verify.file-schema">(schema));
    out.unread = core::sanitize(found.substr(0, 64));
    return out;
  } catch (const i18n::MessageError& error) {
    return wrong(error.message());
  } catch (const json::exception&) {
    return wrong(unreadable(text));
  }
}

}  // namespace meterproof::attestation
