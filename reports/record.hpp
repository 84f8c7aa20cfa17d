// SPDX-License-Identifier: Apache-2.0
// What a run leaves behind, as plain data (schema: docs/check.schema.json). Texts are messages; reports are made of them in the reader's language.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/auth/signer.hpp"
#include "core/i18n/message_value.hpp"
#include "reports/style.hpp"

namespace meterproof::redact {
class Redactor;
}

namespace meterproof::reports {

enum class Verdict { passed, failed, warned, inconclusive, not_applicable, waived, broken };
inline constexpr std::array<std::string_view, 7> verdict_names = {"passed", "failed", "warned", "inconclusive", "not_applicable", "waived", "broken"};
inline std::string_view to_string(Verdict verdict) { return verdict_names[static_cast<std::size_t>(verdict)]; }

i18n::Message to_message(Verdict verdict);

/// What a run comes to.
enum class RunVerdict { conforms, does_not_conform, not_judged, unreachable };
inline constexpr std::array<std::string_view, 4> run_verdict_names = {"conforms", "does-not-conform", "not-judged", "unreachable"};
inline std::string_view to_string(RunVerdict verdict) { return run_verdict_names[static_cast<std::size_t>(verdict)]; }
i18n::Message to_message(RunVerdict verdict);

/// The suite that judged a run.
struct SuiteRecord {
  std::string name, version, spec_version;
  std::string rules_digest;  // SHA-256 over the sources that judge (cmake/suite.cmake)

  friend bool operator==(const SuiteRecord&, const SuiteRecord&) = default;
};

struct SentRecord {
  std::string method, url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct ReplyRecord {
  std::string transport;  // "replied", or why there is none
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  double took_ms = 0;
  std::string detail;  // of a failure, as the system or the parser told it
};

/// One of several requests that a case rests on.
struct StepRecord {
  SentRecord request;  // without its headers: `curl` signs it anew
  ReplyRecord reply;
  std::string curl;
  std::string powershell;  // as CaseRecord has it
  std::string expected;    // the rows that the requests before imply, as JSON; "" where none are known
};

struct CaseRecord {
  std::string id;  // INTERFACE/KIND/slug
  std::string interface;
  std::string section;               // of the specification
  core::LocalizedText title;         // what the case does
  core::LocalizedText requirement;   // the specification's words, and their English
  std::vector<std::string> clauses;  // of the specification, that the case tests
  Verdict verdict = Verdict::inconclusive;
  i18n::Message expected, observed;
  i18n::Message reason;  // why it is not passed
  SentRecord request;
  ReplyRecord reply;
  std::string curl;
  std::string powershell;         // the same for PowerShell; "" where the case is passed, in certificates, and where PowerShell cannot send such requests
  std::vector<StepRecord> steps;  // in their order, where several requests matter; of many, the first and the last
  std::string kind;               // one of `case_kinds`, or a word of its own; "" in older records, and in a client's
  std::string cause;              // of a failure: the id of its CauseRecord; "" where it has none
  std::optional<std::uint64_t> requests;  // timestamps that it took: well-signed requests; nothing where they were not counted

  /// It came to no verdict since the target hung up, or never answered.
  bool got_no_reply() const;
};

/// An open question, and the answer that this target gave.
struct QuestionRecord {
  std::string id, zh, en;
  std::vector<std::string> accepted, observed;  // observed: empty where it was not seen
  bool inconsistent = false;                    // more than one answer was seen
};

/// What a vendor declared: cases that are not supported, and failures that are waived until a day.
struct DeclarationRecord {
  std::string kind;  // "unsupported" or "waiver"
  std::string cases, reason;
  std::string expires;  // of a waiver: yyyy-MM-dd
};

/// Which cases were run, where that was not all. A pattern is one of case ids, or the name of an interface.
struct SelectionRecord {
  std::vector<std::string> only, except;  // patterns; without any in `only`, every case that is not in `except`
  std::vector<std::string> failed;        // ids that failed in an earlier record: those alone
  std::string failed_in;                  // that record's file, without its folder; "" in older records

  bool is_all() const { return only.empty() && except.empty() && failed.empty(); }
  bool empty() const { return is_all(); }
  friend bool operator==(const SelectionRecord&, const SelectionRecord&) = default;
};

/// Rows that a run made and that nothing can take away again.
struct LeftBehindRecord {
  std::string table;
  std::uint64_t count = 0;
  std::vector<std::string> keys;  // of the first 100,000

  friend bool operator==(const LeftBehindRecord&, const LeftBehindRecord&) = default;
};

/// What was checked, as the vendor's target file names it. Nobody has looked whether it is so.
struct SubjectRecord {
  std::string vendor, product, version, contact;

  bool empty() const { return vendor.empty() && product.empty() && version.empty() && contact.empty(); }
};

/// An appId that the run was given, and whether the target took it.
struct AppRecord {
  std::string id;
  bool used = true;
  i18n::Message why;  // it was not, or not to the end

  friend bool operator==(const AppRecord&, const AppRecord&) = default;
};

/// A property of the target that was measured before the cases. Its label is the message calibration.ID.
struct CalibrationRecord {
  std::string id;
  i18n::Message value;

  i18n::Message label() const;
  friend bool operator==(const CalibrationRecord&, const CalibrationRecord&) = default;
};

/// What cases are about, in the order in which they are shown.
inline constexpr std::array<std::string_view, 8> case_kinds = {"code", "signature", "reply", "effect", "sequence", "concurrent", "transport", "open"};
/// Its name for people; of a word that is none of them, the word.
i18n::Message kind_label(const std::string& kind);

/// What was found of something that a client sent, when it came: by whoever knew the secrets, and had all of its bytes.
struct FindingRecord {
  std::string what;  // of a request: what is wrong with its signature, "" for nothing; of what is none: its kind
  core::LocalizedText title, why;
  std::string app, timestamp;  // where they can be told: the appId, and its 14 digits
};

/// One thing that came from outside while a run went on, in its order.
struct EventRecord {
  // exchange, together (several at once), conversation (bytes over one connection), connections (how they are taken), time, hook, seconds; of a client: call,
  // no-request
  std::string kind;
  std::vector<SentRecord> sent;
  std::vector<ReplyRecord> replies;
  std::string text;                    // a conversation's bytes; whether a connection was kept; a call's head
  i18n::Message message;               // why a hook failed
  std::vector<std::int64_t> times;     // milliseconds, one for each look at a clock: of the wall since 1970, of the steady one since it began
  std::optional<FindingRecord> found;  // of a call, and of what is no request
};

/// A row as the vendor describes it: the values of an interface's fields, by name.
struct DescribedRowRecord {
  std::string interface;
  std::map<std::string, std::string> values;

  friend bool operator==(const DescribedRowRecord&, const DescribedRowRecord&) = default;
};

/// Rows that a client was served with.
struct ServedRowsRecord {
  std::string table;
  bool generated = false;                                // patterns: # stands for the digits of a number
  std::vector<std::map<std::string, std::string>> rows;  // values by column

  friend bool operator==(const ServedRowsRecord&, const ServedRowsRecord&) = default;
};

/// What the check of a client was told, and what became of its record.
struct ClientRunRecord {
  std::vector<std::string> faults, required;  // names of faults, all where it is empty; interfaces that had to be called
  bool only_watches = false;
  std::int64_t tolerance_s = 0;
  std::uint64_t generated = 0;  // how many rows were made of each pattern
  std::vector<ServedRowsRecord> rows;
  std::uint64_t altered = 0;  // calls from which something was taken out that looked like a secret or a token

  friend bool operator==(const ClientRunRecord&, const ClientRunRecord&) = default;
};

/// Everything that came from outside while a run went on: with it the verdicts can be found again without the other side. It holds no tokens and no secrets.
struct TranscriptRecord {
  std::vector<std::string> apps;
  std::int64_t effect_timeout_ms = 0, pause_us = 0;
  std::map<std::string, std::string> fixtures;
  std::uint64_t random_steps = 0, seed = 0, run = 0;
  std::optional<std::uint64_t> max_rows;  // new rows of a table, at the most
  std::optional<std::int64_t> budget_ms;  // how long the run might take
  // By app: seconds that earlier runs were known to have used, as from, to, from, to …; and whether another run went on. Only with a memory of the target.
  std::vector<std::vector<std::int64_t>> used_seconds;
  std::optional<bool> others_ran;
  std::vector<DescribedRowRecord> rows;       // as the vendor has described them
  std::optional<std::int64_t> replay_age_ms;  // how old the requests at least were that were repeated at the end
  std::vector<std::string> fault_hooks;
  std::optional<ClientRunRecord> client;  // of a client's check
  std::vector<EventRecord> events;
  // Digests, made when the run ended (attestation/chain.hpp); "" in records of before. `told`: of all that the run was told. `chain`: of that, and of
  // every event after it.
  std::string told, chain;

  /// Requests that were answered, or not; of a client, calls.
  std::size_t exchanges() const;
};

/// Clauses of one interface that came to no verdict, all for the same reason.
struct NotJudgedRecord {
  i18n::Message why;
  bool chosen = false;                   // by whoever ran the check: declared unsupported, no hook, beyond --budget or --max-rows
  std::vector<i18n::Message> raised_by;  // what would have them judged: a row, a hook, more time; empty where nothing is known
  std::vector<std::string> clauses;

  friend bool operator==(const NotJudgedRecord&, const NotJudgedRecord&) = default;
};

struct InterfaceReachRecord {
  std::string section, interface;  // interface: "" of what is stated for all of them
  std::uint64_t clauses = 0, judged = 0;
  std::vector<NotJudgedRecord> not_judged;

  friend bool operator==(const InterfaceReachRecord&, const InterfaceReachRecord&) = default;
};

/// The reach of a verdict: how many of the clauses that the specification states, and that this run's cases test, came to a verdict. "It conforms" needs
/// that: a target that only hangs up refuses nothing, and contradicts nothing.
struct ReachRecord {
  std::uint64_t clauses = 0;
  std::uint64_t judged = 0;                      // of them, by a case that came to a verdict, beside a valid request that was accepted
  std::vector<InterfaceReachRecord> interfaces;  // those with clauses, in the order of the specification; empty in older records
  std::vector<std::string> without_control;      // interfaces of which no valid request was accepted
  std::vector<std::string> unanswered;           // interfaces that left more than a quarter of their cases without a reply

  /// Clauses that whoever ran the check left out.
  std::uint64_t chosen() const;
  bool is_full() const { return judged >= clauses; }
  /// Of the clauses that were not left out, at most one in ten may stay without a verdict. Clauses have several cases: who hangs up on most refusals of an
  /// interface may leave few of them so.
  bool is_enough() const { return without_control.empty() && unanswered.empty() && (clauses - judged - chosen()) * 10 <= clauses - chosen(); }
  /// Whether so much of all clauses was judged, in percent.
  bool is_at_least(double percent) const { return static_cast<double>(judged) * 100 >= percent * static_cast<double>(clauses); }

  friend bool operator==(const ReachRecord&, const ReachRecord&) = default;
};

/// Failures that go back to the same fault of the target, as far as their records tell.
struct CauseRecord {
  std::string id;  // stable: made of ids, names and codes
  i18n::Message what;
  std::vector<std::string> cases;  // ids, the most telling first

  friend bool operator==(const CauseRecord&, const CauseRecord&) = default;
};

/// Well-signed requests that cases of one kind took.
struct RequestsRecord {
  std::string interface;
  std::string kind;  // of the cases; "control" for the valid requests and the looks that several cases share
  std::uint64_t cases = 0, requests = 0;

  friend bool operator==(const RequestsRecord&, const RequestsRecord&) = default;
};

/// What became of a client's calls of one interface.
struct CallsRecord {
  std::string interface;
  std::uint64_t calls = 0, accepted = 0, refused = 0, faults = 0;  // faults: calls on which one was injected, and those that answer to it

  friend bool operator==(const CallsRecord&, const CallsRecord&) = default;
};

struct CheckRecord {
  std::string tool, started, target, role;
  std::optional<SubjectRecord> subject;
  SuiteRecord suite;
  std::string spec_digest;  // SHA-256 over the files of the specs that it was judged by; "" in older records
  double duration_s = 0;
  int exit_code = 0;
  RunVerdict verdict = RunVerdict::not_judged;
  std::string filter;                                    // the selection in a line: a pattern, or the options that made it
  SelectionRecord selection;                             // which cases were run; of records of before, `filter` alone tells
  std::optional<std::uint64_t> planned;                  // cases that there are; nothing in a client's record, and in older records
  std::vector<i18n::Message> notes;                      // what the reader must know: unreachable, a refused signature
  std::vector<AppRecord> apps;                           // empty where it was not found out, and in older records
  std::optional<std::uint64_t> apps_used, apps_refused;  // how many, where `apps` has only the first of them
  std::vector<CalibrationRecord> calibration;
  std::uint64_t requests = 0;
  std::optional<std::uint64_t> connections_opened;  // of a check, for its requests; nothing where it was not counted
  std::vector<RequestsRecord> requests_by;          // of a check; empty in older records
  std::vector<CallsRecord> calls_by;                // of a client's check: every interface that it may call
  std::optional<double> min_reach;                  // the reach that was asked for, in percent
  std::optional<ReachRecord> reach;                 // of a check; nothing in a client's record, and in older records
  std::vector<CauseRecord> causes;                  // of its failures, the most telling first; empty in a client's record, and in older records
  std::vector<CaseRecord> cases;
  std::vector<QuestionRecord> questions;
  std::vector<LeftBehindRecord> left_behind;
  bool interrupted = false;  // what had not been tried by then is inconclusive
  std::vector<DeclarationRecord> declarations;
  std::optional<TranscriptRecord> transcript;

  std::size_t count(Verdict verdict) const;
};

/// Removes secrets that the other side repeated, or sent where they do not belong: nobody is shown one.
void redact(CheckRecord& record, const std::vector<auth::App>& apps);
/// The same for one case, which is told while the run goes on.
void redact(CaseRecord& one, const redact::Redactor& redactor);

/// Leaves of many notes the first thousand and how many there were, of many appIds the first thousand that were used and the first thousand that were not.
void cut_long_lists(CheckRecord& record);

/// Whether a reach was asked for (--min-reach) that the run has not.
bool is_below_min_reach(const CheckRecord& record);
/// Sets verdict and exit code by the verdicts of the cases, and by their reach.
void conclude(CheckRecord& record, bool reached);
/// Whether they are what the cases come to: who edits a record rarely thinks of all three.
bool is_concluded(const CheckRecord& record);

std::string to_json(const CheckRecord& record);
/// Reads schema check/2, and check/1 too. Nothing where the text is no such record; `why` says what is wrong.
std::optional<CheckRecord> check_record_from(const std::string& json, i18n::Message& why);

/// JSON cannot hold bytes that are not UTF-8: such a text is written in Base64, after "base64:". For texts that must be read again as they were.
std::string encode_bytes(std::string_view bytes);
std::string decode_bytes(std::string_view kept);

}  // namespace meterproof::reports
