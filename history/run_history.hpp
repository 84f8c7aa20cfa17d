// SPDX-License-Identifier: Apache-2.0
// What the records of many runs tell together: by target and by time, its clauses, its answers to open questions, how fast it was, and where that changed.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "attestation/register.hpp"
#include "core/i18n/message_value.hpp"
#include "core/text/text.hpp"
#include "core/time/datetime.hpp"
#include "history/change_points.hpp"
#include "reports/record.hpp"
#include "reports/report_writer.hpp"

namespace meterproof::history {

/// What a run's cases come to for one clause.
enum class ClauseState { absent, undecided, passed, waived, failed };
inline constexpr std::array<std::string_view, 5> clause_state_names = {"absent", "undecided", "passed", "waived", "failed"};
inline std::string_view to_string(ClauseState state) { return clause_state_names[static_cast<std::size_t>(state)]; }
i18n::Message to_message(ClauseState state);

/// Where a record was found.
struct RecordFile {
  std::string path;    // within the folder, with "/" between
  std::string report;  // of the HTML report beside it, the same; "" where there is none
};

/// A check as a history keeps it.
struct CheckRun {
  RecordFile file;
  std::string started, release, suite;  // release: subject.version, or ""; suite: its version
  reports::RunVerdict verdict = reports::RunVerdict::not_judged;
  i18n::Message headline;
  std::size_t clauses = 0, judged = 0;  // 0 of 0 in a client's record, and in older ones
  std::map<reports::Verdict, std::size_t> cases;
  std::map<std::string, ClauseState> states;                // by clause
  std::map<std::string, std::vector<std::string>> answers;  // by open question, sorted
  std::map<std::string, double> medians;                    // of an interface's replies, milliseconds
};

/// A load as a history keeps it.
struct LoadRun {
  RecordFile file;
  std::string started, release;
  bool judged = false;  // exit code 0 or 1
  bool good = false;    // exit code 0
  i18n::Message verdict;
  double rate = 0;                                               // good replies a second; of a search, the rate that is sustained
  std::vector<double> goals;                                     // of a search with several: the rate of each
  double p50_ms = 0, p95_ms = 0, p99_ms = 0, errors = 0;         // NaN where the sample was too small; errors: a share
  std::map<std::string, reports::PercentileInterval> intervals;  // of the response time, by percentile, where the record has them
};

/// A clause by time. Places are those of CheckRuns.
struct ClauseHistory {
  std::string id, section;
  core::LocalizedText requirement;
  ClauseState now = ClauseState::absent;  // in the newest run that has it
  std::optional<std::size_t> first_seen;  // of a clause that fails: the first failure since it was good
  std::optional<std::size_t> last_good;   // the last run that passed it
  std::size_t failures = 0;               // runs
};

/// An open question whose answer has changed, or not. Places are those of CheckRuns.
struct AnswerHistory {
  struct Span {
    std::size_t since = 0;
    std::vector<std::string> answers;
  };
  std::string id;
  core::LocalizedText question;
  std::vector<Span> spans;  // in order; more than one where it has changed
};

/// Measurements of one kind, in the order of their runs.
struct Series {
  std::string name;               // an interface; of a load "rate", "p50", "p95", "p99"
  std::string unit;               // "ms", "/s"
  std::vector<std::size_t> runs;  // places of those that measured it
  std::vector<double> values;
  std::vector<ChangePoint> changes;  // `at`: a place in `values`
};

/// Loads of one workload with the same stages; searches apart.
struct LoadHistory {
  std::string workload;
  std::vector<i18n::Message> stages;
  bool search = false;
  std::vector<std::string> goals;  // of a search with several
  std::vector<LoadRun> runs;       // by time
  std::vector<Series> series;
};

/// A target: what the records call vendor and product, or, where they name none, its address.
struct TargetHistory {
  std::string name, role;        // role: "" where there are loads alone
  std::vector<CheckRun> checks;  // by time
  std::vector<ClauseHistory> clauses;
  std::vector<AnswerHistory> answers;
  std::vector<Series> latency;  // by interface
  std::vector<LoadHistory> loads;
};

/// A certificate of the folder: what it says of itself, and how it stands.
struct CertificateEntry {
  /// `unchecked`: nobody's key was given; `issued`: signed, and no register was given; `undecided`: newer than the register; `forged`: not this issuer's, or
  /// changed.
  enum class Standing { unchecked, issued, registered, expired, revoked, unregistered, undecided, forged };
  RecordFile file;
  attestation::RegisterEntry says;
  Standing standing = Standing::unchecked;
  i18n::Message why;  // of one that was revoked, or does not hold; empty otherwise

  std::string whose() const;  // the product, or the address where none is named
};
inline constexpr std::array<std::string_view, 8> certificate_standing_names = {"unchecked", "issued",       "registered", "expired",
                                                                               "revoked",   "unregistered", "undecided",  "forged"};
inline std::string_view to_string(CertificateEntry::Standing standing) { return certificate_standing_names[static_cast<std::size_t>(standing)]; }

/// What certificates are looked up in; each may be missing.
struct Issuer {
  std::optional<attestation::Key> key;  // whose signatures they must have
  std::optional<attestation::Register> issued;
};
/// `text`: that of its file. Throws i18n::MessageError, or what the JSON library throws, where it is no certificate of this release's form. `now`: UTC.
CertificateEntry certificate_from(const RecordFile& file, const std::string& text, const Issuer& issuer, core::DateTime now);

struct RunHistory {
  std::vector<TargetHistory> targets;                         // by name and role
  std::vector<CertificateEntry> certificates;                 // by when they were issued
  std::vector<std::pair<std::string, i18n::Message>> unread;  // files that should be records, and why they are not read

  std::size_t runs() const;
};

/// Gathers records one after the other: of each only what a history shows is kept.
class HistoryBuilder {
 public:
  void add(const RecordFile& file, const reports::Record& record);
  void add(CertificateEntry certificate);
  void add_unread(const std::string& path, i18n::Message why);
  /// All of them, sorted and compared. Call it once.
  RunHistory built();

 private:
  struct NamedLoad {
    std::string address;
    LoadHistory of;  // one run
  };

  TargetHistory& target_of(const std::string& name, const std::string& role);
  /// The product that was at that address then, as the last check before says, or the first one; the address where none does.
  std::string product_at(const std::string& address, const std::string& when) const;

  RunHistory out_;
  std::map<std::string, std::map<std::string, std::string>> products_;  // by address, and by when a check named one
  std::vector<NamedLoad> loads_;
  std::map<std::string, std::pair<std::string, core::LocalizedText>> clause_texts_;  // section and requirement, by clause
  std::map<std::string, core::LocalizedText> questions_;
};

}  // namespace meterproof::history
