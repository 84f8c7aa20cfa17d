// SPDX-License-Identifier: Apache-2.0
// The connection to the target during a run: signs, sends, assigns timestamps, counts requests. Thread-safe after `calibrate`.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "conformance/connection_profile.hpp"
#include "conformance/environment.hpp"
#include "conformance/exchange_log.hpp"
#include "conformance/large_replies.hpp"
#include "conformance/rate_limit.hpp"
#include "conformance/reply.hpp"
#include "conformance/reply_forms.hpp"
#include "conformance/row_ledger.hpp"
#include "conformance/sole_use.hpp"
#include "conformance/spec_queries.hpp"
#include "conformance/timestamp_pool.hpp"
#include "core/auth/curl_line.hpp"
#include "core/auth/signer.hpp"
#include "core/model/request.hpp"
#include "core/redact/redactor.hpp"
#include "core/time/clock_watch.hpp"

namespace meterproof::conformance {

/// Thrown where a case cannot be judged, and why.
struct Inconclusive {
  i18n::Message why;
  bool not_meant = false;  // true if the specification does not define this request for such rows
};

struct Sent {
  net::HttpRequest request;
  net::Exchange exchange;
  Reply reply;
  bool well_signed = true;
  const core::Interface* asked = nullptr;  // the interface that it is to; null where only the request tells
  bool replaced = false;                   // something before the target answered in its place: a maintenance page, a login
  bool carried_out = false;                // its reply was lost, and queries show its effects
  std::uint64_t pace = 0;                  // RateLimit::pace when it was sent

  bool answered(core::Code code) const { return reply.code == code; }
  /// No reply at all: nothing can be said of what became of the request.
  bool no_reply() const {
    return (exchange.transport != net::TransportResult::replied && exchange.transport != net::TransportResult::no_http) || rejected_by_gateway() || replaced;
  }
  /// The connection ended before a byte of a reply: the request may have been carried out, or not.
  bool is_lost() const { return exchange.transport == net::TransportResult::closed || exchange.transport == net::TransportResult::reset; }
  /// The status of something before the target: a proxy that wants a login, too many requests, a gateway without what is behind it.
  bool rejected_by_gateway() const {
    constexpr std::array<int, 6> statuses = {407, 429, 502, 503, 504, 511};
    return !reply.code && std::find(statuses.begin(), statuses.end(), exchange.status) != statuses.end();
  }
  /// One of those that is an answer to us, and none for a target which the gateway does not reach: credentials or fewer requests are wanted.
  bool turned_away() const { return rejected_by_gateway() && (exchange.status == 407 || exchange.status == 429 || exchange.status == 511); }
};

/// The open question whose answers are collected from every refusal. Several answers are usual, one for each kind of refusal. Calibration reports it
/// under the same id.
inline constexpr const char* refusal_status_question = "refusal-status";
/// The question of an interface whether its times may be over.
inline constexpr const char* past_times_question = "past-times";

/// What calibration found out about the target.
struct ClockProfile {
  std::chrono::minutes utc_offset{0};
  // The furthest offset that is taken, to the second; nothing where it was not found.
  std::optional<std::chrono::seconds> past_edge, future_edge;
};

class TargetSession {
 public:
  TargetSession(const core::Spec& spec, std::vector<auth::App> apps, Environment environment);

  /// A valid signature and that body. A timestamp that somebody else has used before is replaced by another. What changes nothing is sent once more where
  /// its reply is lost.
  Sent send(const core::Interface& interface, const std::string& body);
  /// The same, all at once; every one signed for itself.
  std::vector<Sent> send_concurrently(const std::vector<std::pair<const core::Interface*, std::string>>& requests);
  /// The very same request as often as said, all at once.
  std::vector<Sent> send_copies(const Sent& before, std::size_t copies);
  /// Those headers in place of the signature's.
  Sent send_with(const core::Interface& interface, const std::vector<std::pair<std::string, std::string>>& headers, const std::string& body);
  /// The very same bytes again.
  Sent send_again(const Sent& before);
  /// A request that is signed and not yet sent.
  net::HttpRequest signed_request(const core::Interface& interface, const TimestampPool::Slot& slot, const std::string& body) const;
  /// Bytes over one fresh connection. Returns one result per request, in their order; a reply that is missing counts as a closed connection.
  std::vector<Sent> send_raw(const net::RawExchange& raw_exchange, const std::vector<net::HttpRequest>& requests);
  /// `well_signed`: whether who repeats it by hand may sign it anew. `asked`: the interface that it is to, where the caller knows.
  Sent exchange(const net::HttpRequest& request, bool well_signed = true, const core::Interface* asked = nullptr);

  enum class Calibration {
    ready,
    refused,     // it answers, but takes none of our signatures: nothing can be judged
    unreachable  // no answer
  };
  using Probe = std::pair<const core::Interface*, std::string>;  // a request, as a body; one that changes nothing, where the scope has such an interface
  /// Finds out what speaks there, which of our appIds it knows, time zone, tolerance, replay scope and letter case of the token. The first of the probes
  /// that gets a reply of the interface is used. Each has another path; there is one at least. `others`: the same requests about other rows; the first one that
  /// succeeds is used where the target's refusals look alike, so that a refused row could be a refused signature.
  Calibration calibrate(const std::vector<Probe>& probes, const std::vector<Probe>& others = {});
  /// Which of the other probes took the place of a refused one.
  std::optional<std::size_t> other_probe() const { return other_probe_; }
  /// What it was calibrated by; nothing before.
  std::optional<Probe> probe() const;
  /// After the calibration, before the cases: what the target does with connections, and with bodies that do not end. Bounds the workers. Throws
  /// Inconclusive where the run is cut off.
  void learn_connections();
  const ConnectionProfile& connections() const { return connections_; }
  /// Why requests cannot be sent at once; empty where they can.
  i18n::Message why_not_at_once() const;
  /// Whether it was seen to answer only the first of two pipelined requests. Some wait for the rest of the second one, which has long come, until the
  /// connection times out: that is waited for once.
  bool ignores_pipelined() const { return ignores_pipelined_; }
  void note_pipelined_ignored() { ignores_pipelined_ = true; }
  /// Why no reply will come to the malformed body of that slug; empty where one may.
  i18n::Message why_no_reply_to(const std::string& malformed) const;
  /// How many well-signed requests the run will make, as far as is known: for telling how long a wait will be.
  void expect_requests(std::size_t count) { expected_ = count; }
  /// From that long after the beginning of the run on no case is begun (that is up to who runs them), and nobody waits for a timestamp for more than some
  /// seconds. To be called before others use the session.
  void set_budget(std::chrono::milliseconds budget) { budget_end_ = began_ + budget; }
  bool is_over_budget() const { return budget_end_ && clock() >= *budget_end_; }
  /// How long the run has gone on.
  std::chrono::steady_clock::duration passed() const { return clock() - began_; }
  /// How many timestamps the calling thread has taken, of any session: a well-signed request needs one.
  static std::uint64_t& requests_of_this_thread();
  /// The same, of this session, by all threads.
  std::uint64_t timestamps_taken() const { return timestamps_taken_; }
  /// Replies to all requests to a path.
  struct PathReplies {
    std::size_t with_code = 0, without_code = 0;
    int status = 0;  // of the last one without a code
  };
  PathReplies replies_of(const std::string& path) const;
  std::map<std::string, i18n::Message> calibration() const;
  /// Notes what the target does about an open question: its id, and an interpretation.
  void observe(const std::string& question, const std::string& interpretation);
  std::map<std::string, std::set<std::string>> observations() const;
  /// What the reader must know of the target and the appIds. Where calibration came to nothing, the first says why.
  std::vector<i18n::Message> notes() const;
  /// Which appIds were used, in their order; empty where that was not found out.
  std::vector<reports::AppRecord> apps_used() const;
  /// Remembers that a request whose reply was lost may have made rows.
  void note_doubtful(const Sent& lost) { ledger_.note(*spec_, lost.request); }
  /// Remembers that a valid request to that interface was accepted.
  void note_accepted(const core::Interface& interface);
  bool has_accepted(const core::Interface& interface) const;
  /// Names of the interfaces that accepted a valid request.
  std::set<std::string> accepted() const;
  /// Without the edges where they turned out to be none.
  ClockProfile clock_profile() const { return edges_doubted_ ? ClockProfile{clock_profile_.utc_offset, {}, {}} : clock_profile_; }
  /// A timestamp that far from now, beyond an edge, was accepted. Whether the calibration's query is, too: then it was no edge. Asks several times.
  bool doubts_edge(std::chrono::seconds off);
  ReplayScope replay_scope() const;
  /// Whether it was seen to refuse a timestamp that was used on another path.
  bool refuses_repeats_elsewhere() const { return refuses_repeats_elsewhere_; }
  /// Whether a repeated timestamp may be accepted: no code of the interface's own table speaks of one, and the target looks for none.
  bool may_accept_repeats(const core::Interface& interface) const;

  /// The present time as the target has it: our clock as it was when the run began, and what has passed since. Whoever sets our clock meanwhile does not
  /// change it.
  core::DateTime now() const;
  void sleep(std::chrono::milliseconds span) const { environment_.sleep(span); }
  /// For deadlines: a clock that nobody sets.
  std::chrono::steady_clock::time_point clock() const;
  bool cut_off() const { return environment_.cut_off && environment_.cut_off(); }
  void progress(const i18n::Message& line) const;
  bool refused_for(core::SignatureError fault, const Sent& sent) const;
  bool refused_for_time(const Sent& sent) const { return refused_for(core::SignatureError::timestamp_repeated, sent); }
  /// A timestamp of ours and its app; waits for the next second where all are used.
  TimestampPool::Slot next_timestamp(const std::string& path);
  const auth::App& app(std::size_t index) const { return apps_[index]; }
  std::size_t apps() const { return apps_.size(); }
  const std::vector<auth::App>& all_apps() const { return apps_; }
  /// Another app that the target takes; null where there is none.
  const auth::App* other_app(std::size_t index) const;
  /// The timestamps of the first and the last request of that app that was accepted; nothing before there is one.
  std::optional<std::pair<core::DateTime, core::DateTime>> accepted_timestamps(std::size_t app) const;
  /// An accepted request that can be repeated later: its timestamp will not be too old for a while.
  struct Replayable {
    TimestampPool::Slot slot;
    net::HttpRequest request;
    std::chrono::steady_clock::time_point sent_at;
  };
  /// The first of that interface; nothing where there was none.
  std::optional<Replayable> replayable(const core::Interface& interface) const;
  const auth::Signer& signer() const { return signer_; }
  /// Whether a request was refused because the target has ceased to take its appId, and not for itself.
  bool was_revoked(const Sent& sent);
  /// The appId that signed a request: its place in our list; nothing where none of ours did.
  std::optional<std::size_t> app_of(const net::HttpRequest& request) const;
  /// As calibration found it.
  auth::SigningStyle signing_style() const { return {clock_profile_.utc_offset, upper_case_}; }
  const core::Spec& spec() const { return *spec_; }
  const Environment& environment() const { return environment_; }
  std::uint64_t requests() const { return requests_; }
  /// The code that every reply has had from one request on, to the last one.
  struct LastCode {
    core::Code code;
    std::uint64_t from = 0, replies = 0;  // the number of that request, from 1; how many replies
  };
  /// Nothing where the last reply has no code.
  std::optional<LastCode> last_code() const;
  /// How long a reply takes on the average, so far.
  double mean_seconds() const;
  /// Timestamps that each second of the clock brings.
  std::size_t timestamps_per_second() const;
  /// Timestamps that could be used without waiting for the clock when the calibration ended.
  std::size_t timestamps_at_hand() const;
  /// What a few timestamps out of those at hand show. Each is used up by that.
  struct SampledTimestamps {
    std::size_t tried = 0, used = 0;  // by runs that are not remembered here
  };
  SampledTimestamps sample_timestamps();
  /// Timestamps that the target would have accepted then, had earlier runs not used them.
  std::size_t timestamps_used_earlier() const;

  /// Whether the target would refuse the slot by now: its timestamp as too old, or its appId.
  bool is_stale(const TimestampPool::Slot& slot) const;
  /// A key that no row has: of this run, and of no other.
  std::string unused_key();

  /// How often a clock was found to have been set. A case that began before and ended after says nothing.
  unsigned clock_generation() const { return clock_generation_; }
  /// For a verdict that rests on the time: looks whether our time and the target's still go together, and puts ours right where they do not.
  void verify_clock();
  /// What was noticed of the clocks, for the reader of the report.
  std::vector<i18n::Message> clock_notes() const;

  /// Whether the target stopped answering: several requests in a row came to nothing, and then two queries did so too. Nothing more is sent then; whoever
  /// wants to send gets an Inconclusive.
  /// Or so many of them timed out that the run would take hours, and decide little.
  bool is_gone() const { return gone_after_ > 0; }
  /// What is to be said of it then, for the reader of the report.
  i18n::Message why_gone() const;
  /// While it lives, a target that does not answer is no news: it was broken on purpose.
  class SilenceExpected {
   public:
    explicit SilenceExpected(TargetSession& session) : session_(session) { session_.expect_silence(true); }
    ~SilenceExpected() { session_.expect_silence(false); }
    SilenceExpected(const SilenceExpected&) = delete;
    SilenceExpected& operator=(const SilenceExpected&) = delete;

   private:
    TargetSession& session_;
  };

  /// Keeps the requests of other workers waiting while the holder lives. Where replies are slow, timestamps few, or requests
  /// spread in time, that would cost too much: then it is empty.
  void use_alone(std::optional<SoleUse::Holder>& holder);

  /// What every reply so far has that contradicts the print.
  ReplyForms& reply_forms() { return reply_forms_; }
  const ReplyForms& reply_forms() const { return reply_forms_; }
  /// What was irregular in replies that could be read all the same, and how often.
  std::vector<i18n::Message> irregular_replies() const;

  /// The rows that requests of this run have made.
  const RowLedger& ledger() const { return ledger_; }
  ExchangeLog& exchange_log() { return exchange_log_; }
  LargeReplies& large_replies() { return large_replies_; }
  /// Of our secrets.
  const redact::Redactor& redactor() const { return redactor_; }
  /// Why rows cannot be made in that way; empty where that is not known. A way that never succeeded and was refused twice is given up.
  i18n::Message why_not_made(const std::string& way) const;
  /// Notes what came of it: empty, or why it was refused.
  void note_made(const std::string& way, const i18n::Message& failure);

  /// A requirement that two places of the specification dispute: whether the target has carried a request out without it.
  bool does_without(const core::OpenQuestion& question) const;
  void note_does_without(const core::OpenQuestion& question);

  /// Whether the target refuses an interface's requests whose times are over, and takes those whose times are to come.
  bool refuses_past_times(const core::Interface& interface) const;
  void note_refuses_past_times(const core::Interface& interface);

  /// Queries that did not come to show what they should in time; `for_a_row`: not even a first row, where none need be shown.
  bool gave_up_on(const core::Interface& query, bool for_a_row = false) const;
  void give_up_on(const core::Interface& query, bool for_a_row = false);
  /// Something showed in that query after so long.
  void note_delay(const core::Interface& query, std::chrono::milliseconds delay);
  /// How long to wait at least for that query, by how late it was before; 0 where it never was.
  std::chrono::milliseconds usual_delay(const core::Interface& query) const;

  /// A new value in that column was shown with the same reading as the old one: it does not wait for the next one, whatever the row.
  void note_shown_at_once(const TableCell& cell);
  bool is_shown_at_once(const TableCell& cell) const;
  /// Held while one finds out whether it is (conformance/change_trial.hpp).
  std::unique_lock<std::mutex> lock_change_trials() { return std::unique_lock(change_trial_mutex_); }
  /// Whether nobody has tried that yet.
  bool begin_change_trial(const TableCell& cell);

 private:
  Sent received(const net::HttpRequest& request, net::Exchange exchange, bool well_signed = true, const core::Interface* asked = nullptr);
  /// Remembers a request that was accepted. To be called while `mutex_` is held.
  void note_signature(const core::Interface& interface, const TimestampPool::Slot& slot, const Sent& sent);
  /// The same, of one of several requests: what the replies contain is not kept, because many of them would take many times as much as one.
  Sent received_of_several(const net::HttpRequest& request, net::Exchange exchange, bool well_signed = true, const core::Interface* asked = nullptr);
  /// Counts well-formed requests that get no reply; looks whether the target is gone where there are several in a row.
  void watch_for_silence(const Sent& sent);
  void watch_interface(const Sent& sent);
  void watch_share_of_timeouts();
  void need_answers(const std::string& path) const;
  bool is_answered_at_the_door(const Sent& sent) const;
  /// A timestamp of our first appId for a look at whether the target is there; nothing where none is left.
  std::optional<TimestampPool::Slot> unused_slot(const std::string& path);
  bool answers_nothing();
  void expect_silence(bool expected);
  // Of the clocks (conformance/clock_sync.cpp). Those that come after the first run while `clock_mutex_` is held.
  void watch_clock();
  bool accepts_at(std::chrono::seconds off);
  bool accepts_new_second();
  bool is_used_up(const TimestampPool::Slot& slot);
  bool clocks_agree();
  std::optional<std::chrono::seconds> find_shift();
  bool shift_clock(std::chrono::seconds shift);
  void put_clock_right(std::chrono::milliseconds own_step);
  void tell_of_wait() const;
  /// Waits until that many requests may be sent; also while it is asked whether the target is gone.
  void keep_pace(std::size_t requests);
  /// Marks a page that came in place of a reply, if the calibration's query gets none either.
  void notice_replacement(Sent& sent);
  /// A refusal that a limit may be the reason of, until the same is asked again.
  using Suspicion = std::optional<Sent>;
  /// Whether the request is to be sent again because the target wanted fewer: after a while, which is waited for here. `suspicion`: of this request, empty at
  /// first; null where the request cannot be sent again well signed.
  bool waited_for_limit(const Sent& sent, unsigned tries, Suspicion* suspicion);
  /// The same while the calibration does not know the target yet. Three times it is only a suspicion: a refusal that nothing explains, in place of
  /// which there is another answer a second later. Otherwise `sent` is the first answer again: to the second the timestamp was a repeated one.
  /// `suspicion`: of this request, empty at first.
  bool waited_while_calibrating(Sent& sent, unsigned tries, Suspicion& suspicion);
  static bool is_query(const Sent& sent) { return sent.asked != nullptr && changed_tables(*sent.asked).empty(); }
  bool are_answered_at_once(const Sent& sent);
  /// Whether the reply is a refusal for a reason that lies in no request.
  bool is_unexplained(const Sent& sent) const;
  void wait_for_limit(std::chrono::milliseconds left);
  enum class LimitLook { none, limits, may_limit };
  /// Whether the target refuses just now whatever it is asked, and did not say that it wants fewer requests: a query that it has answered before is refused
  /// with the same code, and a second later answered again. It may where several interfaces that have succeeded before refuse within a second.
  LimitLook look_for_limit(const Sent& sent);
  /// The same, by one worker at a time. `at`: when it was refused.
  LimitLook ask_about_limit(const Sent& sent, std::chrono::steady_clock::time_point at);
  /// What the query that was answered last is answered now; nothing where it has no reply.
  std::optional<core::Code> code_of_query();
  /// What came of the suspicion: the same refusal again is the request's own.
  void settle(const Sent& suspected, const Sent& again);
  /// Notes the refusal, if its interface has succeeded before. Returns when that was.
  std::chrono::steady_clock::time_point note_unexplained(const Sent& sent);
  /// Whether several interfaces refused what was sent within a second of that moment, with the code of `sent`.
  bool are_refused_together(const Sent& sent, std::chrono::steady_clock::time_point at) const;
  // Of the appIds. `answer` is to a request that is well signed by that app.
  bool refuses_app(const Sent& answer) const;
  enum class Leaving { refused, refused_later, unlike_others, one_answer };
  void leave_out(std::size_t app, const Sent& answer, Leaving why);
  void try_apps(const Probe& probe, const Sent& first);
  void try_app(const Probe& probe, const Sent& first, std::size_t app);
  bool is_unclear(const Probe& probe, const Sent& answer) const;
  bool minds_secret(const Probe& probe, std::size_t app, const Sent& answer);
  bool is_always_answered(const Probe& probe, std::size_t app, std::optional<core::Code> code);
  bool knows_app(const Probe& probe, std::size_t app, const Sent& answer);
  bool is_revoked(std::size_t app);
  // Of the connection profile (conformance/connection_profile.cpp).
  std::vector<Sent> try_connections(const net::ConnectionTrial& trial, std::optional<net::Keeping>& keeping);
  net::HttpRequest probe_with(const std::string& body);
  void find_connections(double mean_seconds);
  void find_waits(double mean_seconds);
  // Of the calibration (conformance/clock_profile.cpp).
  std::optional<std::size_t> first_readable(const std::vector<Probe>& probes, std::vector<Sent>& answers, std::chrono::seconds& taken);
  Calibration tell_foreign(const Sent& first);
  Calibration tell_refused_signature(const Probe& probe, const Sent& refused);
  Calibration tell_refused_time(const Probe& probe, const Sent& refused);
  Calibration tell_unclear(const Probe& probe, const Sent& refused);
  bool answers_one_code(const std::vector<Probe>& probes, std::size_t chosen, core::Code code);
  void note_exchange(const Sent& sent);
  void use_upper_case(bool upper_case);
  bool is_used_by_all(const Probe& probe, core::DateTime used);
  /// A probe may report a reading: of the moment that it is signed for, whatever time zone that is in.
  net::HttpRequest probe_request(const Probe& probe, const TimestampPool::Slot& slot) const;
  Sent probe_at(const Probe& probe, std::chrono::seconds off);
  std::chrono::seconds past_earlier(std::chrono::seconds off);
  void notice_restart(const Probe& probe, const Sent& first);
  Sent find_clock(const Probe& probe, std::chrono::seconds& taken, std::optional<Sent> begun);
  std::optional<std::chrono::seconds> find_own_time(const Probe& probe, const Sent& first, std::chrono::seconds taken);
  void follow_own_time(const Sent& first, std::chrono::seconds ahead, std::chrono::seconds& taken);
  Sent find_app_and_clock(const Probe& probe, std::chrono::seconds& taken, std::optional<Sent> begun);
  void use_other_probe(const std::vector<Probe>& others, Probe& probe, Sent& first, std::chrono::seconds& taken);
  void find_window(const Probe& probe, const std::optional<Probe>& elsewhere, const Sent& first, std::chrono::seconds taken);
  void find_repeats(const Probe& probe, const std::optional<Probe>& elsewhere, const Sent& first, core::DateTime used);
  void note_date(const net::Exchange& exchange);
  void note_clock_difference();
  void tell_capacity();
  void detect_token_case(const Probe& probe, const Sent& first);

  net::Exchange send_in_turn(const net::HttpRequest& request);
  std::vector<net::Exchange> send_all_in_turn(const std::vector<net::HttpRequest>& requests);

  SoleUse sole_use_;
  RowLedger ledger_;
  redact::Redactor redactor_;
  ExchangeLog exchange_log_;
  static constexpr std::size_t parts_with_large_replies = 3;  // a part takes some 10 MB for them, 30 MB at the most
  LargeReplies large_replies_{parts_with_large_replies};
  const core::Spec* spec_;
  ReplyForms reply_forms_;
  RateLimit rate_limit_;
  std::size_t looks_for_limit_ = 0;  // that found none
  std::size_t looks_while_calibrating_ = 0;
  struct Unexplained {
    std::chrono::steady_clock::time_point at;
    std::string path;
    core::Code code;
  };
  std::vector<Unexplained> unexplained_;                       // refusals of late
  std::set<std::pair<std::string, core::Code>> own_refusals_;  // by path: they came again
  std::vector<auth::App> apps_;
  Environment environment_;
  auth::Signer signer_;
  ClockProfile clock_profile_;
  ConnectionProfile connections_;
  /// The Date header of the last probe's reply, ahead of our clock.
  std::optional<std::chrono::seconds> date_ahead_;
  /// What looked like an edge, though it may be seconds in use.
  std::optional<std::chrono::seconds> seen_past_, seen_future_;
  bool upper_case_ = false;  // the token's digits
  bool refuses_repeats_elsewhere_ = false;
  bool present_refused_ = false;            // the calibration had to look for a timestamp that is taken
  std::atomic<std::size_t> first_app_ = 0;  // the first that the target takes: it signs what is asked apart from the cases
  std::atomic<std::uint64_t> requests_ = 0;
  std::atomic<std::int64_t> took_us_ = 0;
  std::atomic<std::size_t> lost_replies_ = 0;  // to well-signed requests
  std::atomic<bool> ignores_pipelined_ = false;
  std::size_t expected_ = 0;
  std::optional<std::chrono::steady_clock::time_point> budget_end_;
  std::atomic<std::uint64_t> timestamps_taken_ = 0;
  std::string run_;  // what sets this run's keys apart
  std::atomic<unsigned> keys_ = 0;
  std::atomic<std::uint64_t> gone_after_ = 0;
  std::atomic<std::int64_t> wall_ns_ = 0;  // the time that is signed: the steady clock and this
  std::atomic<unsigned> clock_generation_ = 0;
  std::atomic<bool> edges_doubted_ = false;  // what was taken for an edge was seconds in use
  std::atomic<bool> clock_lost_ = false;     // no timestamp is accepted any more
  mutable std::mutex clock_mutex_;           // one thread looks after the clocks, and the others wait; of what follows
  std::optional<core::ClockWatch> clock_watch_;
  std::chrono::steady_clock::time_point began_;
  std::vector<i18n::Message> clock_notes_;

  std::mutex change_trial_mutex_, limit_look_mutex_;  // of who tries something out for the others, and holds `mutex_` now and then
  mutable std::mutex mutex_;                          // of all that follows
  TimestampPool timestamps_;
  core::DateTime last_probe_, probed_at_;  // its timestamp, and when it was sent
  std::map<std::string, i18n::Message> calibration_;
  std::map<std::string, std::set<std::string>> observations_;
  std::set<std::string> accepted_;
  std::map<std::string, Replayable> replayable_;                                  // by interface
  std::map<std::size_t, std::pair<core::DateTime, core::DateTime>> accepted_at_;  // the first and the last timestamp, by app
  std::set<int> refusal_statuses_;
  std::optional<LastCode> last_code_;
  std::set<std::pair<std::string, bool>> gave_up_;
  std::map<std::string, std::chrono::milliseconds> delays_;  // by query: the longest
  std::set<const core::OpenQuestion*> done_without_;
  std::set<std::string> refuse_past_times_;  // names of interfaces
  std::set<TableCell> shown_at_once_, tried_changes_;
  struct Answers {
    std::uint16_t waited_in_vain = 0;  // a bit for each of the last ten requests
    bool stopped = false;
    std::size_t requests = 0, timed_out = 0;
  };
  std::map<std::string, PathReplies> path_replies_;
  std::map<std::string, Answers> answers_;  // by path, since the calibration
  std::optional<Answers> unanswered_;       // of the paths together, where too many requests timed out
  struct Making {
    bool ever_succeeded = false;
    int refused = 0;
    i18n::Message failure;
  };
  std::map<std::string, Making> making_;  // by way
  std::vector<i18n::Message> notes_;
  std::vector<reports::AppRecord> apps_used_;  // by app
  i18n::Message replaced_by_;                  // what answered in the target's place first
  std::size_t replaced_replies_ = 0;
  std::optional<std::chrono::steady_clock::time_point> seen_there_;  // when a page was last found to be none in the target's place
  json::IrregularReplies irregular_replies_;
  std::size_t well_signed_ = 0;
  bool told_of_wait_ = false;
  std::chrono::steady_clock::time_point next_request_;
  std::optional<Probe> probe_, last_answered_query_;
  std::optional<std::size_t> other_probe_;
  std::optional<core::Code> probe_answer_;
  std::size_t silent_in_row_ = 0;
  std::size_t refused_for_time_in_row_ = 0, too_many_refusals_ = 5;
  bool silence_expected_ = false, asking_ = false;
  std::condition_variable asked_;  // asking_ is false again
};

}  // namespace meterproof::conformance
