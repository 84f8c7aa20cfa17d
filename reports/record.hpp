// What a run leaves behind, as plain data: one schema (docs/records.md), many readings.
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
#include "reports/style.hpp"

namespace meterproof::reports {

enum class Verdict { passed, failed, warned, inconclusive, not_applicable, waived, broken };
inline constexpr std::array<std::string_view, 7> verdict_names = {"passed", "failed", "warned", "inconclusive", "not_applicable", "waived", "broken"};
inline std::string_view to_string(Verdict verdict) { return verdict_names[static_cast<std::size_t>(verdict)]; }

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

struct CaseRecord {
  std::string id;  // INTERFACE/CODE/LABEL
  std::string interface;
  std::string section;               // of the paper
  std::string sentence;              // the paper's words
  std::string meaning;               // in English
  std::vector<std::string> clauses;  // of the paper, that the case tests
  Verdict verdict = Verdict::inconclusive;
  std::string expected, observed;
  std::string reason;  // why it is not passed
  SentRecord request;
  ReplyRecord reply;
  std::string curl;
};

/// An open question, and the answer that this target gave.
struct QuestionRecord {
  std::string id, zh, en;
  std::vector<std::string> accepted, observed;  // observed: empty where it was not seen
  bool inconsistent = false;                    // more than one answer was seen
};

/// What a vendor declared: cases that are out of the question, and failures that are borne with for a while.
struct DeclarationRecord {
  std::string kind;  // "unsupported" or "waiver"
  std::string cases, reason;
  std::string expires;  // of a waiver: yyyy-MM-dd
};

/// One thing that came from outside while a run went on, in its order.
struct EventRecord {
  std::string kind;  // exchange, together (several at once), conversation (bytes over one connection), time, hook
  std::vector<SentRecord> sent;
  std::vector<ReplyRecord> replies;
  std::string text;                 // a conversation's bytes; what a hook said
  std::vector<std::int64_t> times;  // milliseconds since 1970, one for each look at the clock
};

/// Everything that a run's verdicts rest on: with it they can be found again without the target. Tokens and secrets are not in it.
struct TranscriptRecord {
  std::vector<std::string> apps;
  std::int64_t effect_timeout_ms = 0, pause_us = 0;
  std::map<std::string, std::string> fixtures;
  std::uint64_t random_steps = 0, seed = 0, run = 0;
  std::vector<std::string> fault_hooks;
  std::vector<EventRecord> events;

  /// Requests that were answered, or not.
  std::size_t exchanges() const;
};

struct CheckRecord {
  std::string tool, started, target, role;
  double duration_s = 0;
  int exit_code = 0;
  std::string verdict;  // "conforms", "does not conform", "not judged", "unreachable"
  std::string filter;    // a pattern, where only the cases that match it were run
  std::string note;     // what the reader must know: unreachable, a refused signature
  std::map<std::string, std::string> calibration;
  std::uint64_t requests = 0;
  std::vector<CaseRecord> cases;
  std::vector<QuestionRecord> questions;
  bool interrupted = false;  // what had not been tried by then is inconclusive
  std::vector<DeclarationRecord> declared;
  std::optional<TranscriptRecord> transcript;

  std::size_t count(Verdict verdict) const;
};

/// Takes secrets out that the other side repeated, or sent where they do not belong: a report shows none.
void redact(CheckRecord& record, const std::vector<auth::App>& apps);

/// Sets verdict and exit code by what the cases came to.
void conclude(CheckRecord& record, bool reached);

std::string to_json(const CheckRecord& record);
/// Nothing where the text is no such record; `why` says what is wrong.
std::optional<CheckRecord> check_record_from(const std::string& json, std::string& why);
std::string to_junit(const CheckRecord& record);
/// For a terminal: findings first, then the counts.
std::string to_text(const CheckRecord& record, const TextStyle& style);
/// A finding in a line, as it comes.
std::string finding_line(const CaseRecord& one, const TextStyle& style);

/// JSON cannot hold bytes that are no UTF-8: such a body is written in Base64, and said to be. For bodies that must be read again as they were.
std::string encode_bytes(std::string_view bytes);
std::string decode_bytes(std::string_view kept);

}  // namespace meterproof::reports
