// What a run leaves behind, as plain data: one schema (docs/records.md), many readings.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/wire/signature.hpp"

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
  std::string outcome;  // "replied", or why there is none
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  double took_ms = 0;
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

struct CheckRecord {
  std::string tool, started, target, role;
  double duration_s = 0;
  int exit_code = 0;
  std::string verdict;  // "conforms", "does not conform", "not judged", "unreachable"
  std::string note;     // what the reader must know: unreachable, a refused signature
  std::map<std::string, std::string> calibration;
  std::uint64_t requests = 0;
  std::vector<CaseRecord> cases;
  std::vector<QuestionRecord> questions;

  std::size_t count(Verdict verdict) const;
};

/// Takes secrets out that the other side repeated, or sent where they do not belong: a report shows none.
void redact(CheckRecord& record, const std::vector<wire::App>& apps);

/// Sets verdict and exit code by what the cases came to.
void conclude(CheckRecord& record, bool reached);

std::string to_json(const CheckRecord& record);
std::string to_junit(const CheckRecord& record);
/// For a terminal: findings first, then the counts. `colour` only where it is one.
std::string to_text(const CheckRecord& record, bool colour);

/// Bytes as text that can do no harm: what is no UTF-8 becomes U+FFFD, control characters but newline and tab are spelled out.
std::string harmless(std::string_view bytes);

}  // namespace meterproof::reports
