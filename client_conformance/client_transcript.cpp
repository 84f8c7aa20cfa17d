// SPDX-License-Identifier: Apache-2.0
#include "client_conformance/client_transcript.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <string>
#include <utility>

#include "core/auth/signer.hpp"
#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::client_conformance {

using core::SignatureError;
using i18n::MessageError;
using i18n::msg;
using reports::CheckRecord;
using reports::ClientRunRecord;
using reports::EventRecord;
using reports::FindingRecord;
using reports::SentRecord;
using reports::ServedRowsRecord;
using std::chrono::milliseconds;

namespace {

constexpr const char* token_gone = "[token]";
constexpr const char* call = "call";              // the kind of an event
constexpr const char* no_request = "no-request";  // the kind of an event

/// That nobody has to keep.
std::string made_up_secret(const std::string& app) { return "no secret is known here: " + app; }

mockserver::MockOptions with_made_up_secrets(mockserver::MockOptions options) {
  for (auth::App& app : options.apps) app.secret = made_up_secret(app.id);
  return options;
}

const std::string& token_header(const core::Spec& spec) { return spec.authentication.headers[spec.authentication.token].name; }
const std::string& authorization_header(const core::Spec& spec) { return spec.authentication.headers[spec.authentication.authorization].name; }

bool is_credential(const core::Spec& spec, std::string_view header) {
  return core::equals_ignoring_case(header, token_header(spec)) || core::equals_ignoring_case(header, authorization_header(spec));
}

/// The head of a request, rewritten: `outside` gives the request line and the names of headers, `value_of` the value of a header.
template <class Outside, class ValueOf>
std::string rewritten(std::string_view head, const Outside& outside, const ValueOf& value_of) {
  std::string out;
  for (bool is_request_line = true; !head.empty(); is_request_line = false) {
    const std::string_view line = head.substr(0, std::min(head.find('\n'), head.size() - 1) + 1);
    head.remove_prefix(line.size());
    const std::size_t colon = is_request_line ? std::string_view::npos : line.find(':');
    const std::string_view value = colon == std::string_view::npos ? std::string_view() : core::trimmed(line.substr(colon + 1));
    if (value.empty()) {
      out += outside(line);
      continue;
    }
    const auto at = static_cast<std::size_t>(value.data() - line.data());
    out += outside(line.substr(0, colon));
    out.append(line.substr(colon, at - colon)).append(value_of(line.substr(0, colon), value)).append(line.substr(at + value.size()));
  }
  return out;
}

/// Method and target of a head's first line.
std::pair<std::string_view, std::string_view> request_line_of(std::string_view head) {
  const std::string_view line = head.substr(0, head.find('\n'));
  const std::size_t first = std::min(line.find(' '), line.size()), last = std::max(std::min(line.rfind(' '), line.size()), first);
  return {line.substr(0, first), core::trimmed(line.substr(first, last - first))};
}

/// Whether a signature of which that was found can be made again, of its appId and its timestamp.
bool can_be_made_again(const FindingRecord& found) { return !found.app.empty() && !found.timestamp.empty(); }

std::optional<SignatureError> error_named(std::string_view name) {
  for (std::size_t i = 0; i < core::signature_error_names.size(); ++i)
    if (core::signature_error_names[i] == name) return static_cast<SignatureError>(i);
  return std::nullopt;
}

std::vector<ServedRowsRecord> recorded(const core::Spec& spec, const loader::Fixtures& fixtures) {
  std::vector<ServedRowsRecord> out;
  for (const auto* tables : {&fixtures.tables, &fixtures.generated_rows})
    for (const loader::Fixtures::TableRows& one : *tables) {
      ServedRowsRecord& into = out.emplace_back(ServedRowsRecord{spec.tables[one.table].name, tables == &fixtures.generated_rows, {}});
      for (const loader::Fixtures::Row& row : one.rows) {
        auto& values = into.rows.emplace_back();
        for (const auto& [column, value] : row) values[spec.tables[one.table].columns[column].name] = value;
      }
    }
  return out;
}

loader::Fixtures fixtures_from(const core::Spec& spec, const ClientRunRecord& run) {
  loader::Fixtures out;
  out.generated_count = run.generated;
  for (const ServedRowsRecord& one : run.rows) {
    const auto table = spec.table(one.table);
    if (!table) throw MessageError(msg<"replay.other-rows">(core::sanitize(one.table)));
    loader::Fixtures::TableRows& into = (one.generated ? out.generated_rows : out.tables).emplace_back();
    into.table = *table;
    for (const auto& values : one.rows) {
      loader::Fixtures::Row& row = into.rows.emplace_back();
      for (const auto& [name, value] : values) {
        const auto column = spec.tables[*table].column(name);
        if (!column) throw MessageError(msg<"replay.other-rows">(core::sanitize(one.table + "/" + name)));
        row.emplace_back(*column, value);
      }
    }
  }
  for (const std::size_t count : {out.generated_count, rows_of(out)})
    if (count > most_recorded_rows) throw MessageError(msg<"replay.out-of-range">("rows", count));
  if (i18n::Message why = validate(spec, out); !why.empty()) throw MessageError(std::move(why));
  return out;
}

/// The request of a call, as bytes, signed of made-up secrets where its signature can be made again.
class Call {
 public:
  Call(const core::Spec& spec, const EventRecord& event, std::size_t number) : parser_(net::HttpParser::Kind::request, limits) {
    const auth::Signer signer(spec.authentication);
    const auth::App app{event.found->app, made_up_secret(event.found->app)};
    const auto as_it_is = [](std::string_view text) { return std::string(text); };
    const std::string head = rewritten(event.text, as_it_is, [&](std::string_view name, std::string_view value) {
      if (!can_be_made_again(*event.found)) return std::string(value);
      if (core::equals_ignoring_case(name, token_header(spec))) return signer.token(app, event.found->timestamp);
      if (core::equals_ignoring_case(name, authorization_header(spec))) return signer.authorization(app, event.found->timestamp);
      return std::string(value);
    });
    const SentRecord& sent = event.sent.front();
    feed(head);
    if (parser_.has_header("Transfer-Encoding")) feed(in_one_chunk(sent.body));
    else feed(sent.body);
    const bool is_whole = parser_.state() == net::HttpState::complete && parser_.body() == sent.body;
    if (!is_whole || request_line_of(event.text) != std::pair<std::string_view, std::string_view>(sent.method, sent.url))
      throw MessageError(msg<"replay.call-unreadable">(number));
  }

  const net::HttpParser& request() const { return parser_; }

 private:
  static constexpr net::HttpLimits limits{256 * 1024, 64UL << 20U};

  void feed(std::string_view bytes) {
    while (!bytes.empty() && parser_.state() == net::HttpState::need_more) bytes.remove_prefix(parser_.feed(bytes));
  }
  static std::string in_one_chunk(const std::string& body) {
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", body.size());
    return body.empty() ? "0\r\n\r\n" : size + body + "\r\n0\r\n\r\n";
  }

  net::HttpParser parser_;
};

/// Lets the monitor judge what was recorded. `number`: of the event, from 1.
void judge(const core::Spec& spec, const EventRecord& event, std::size_t number, ClientMonitor& monitor, net::Response& response) {
  if (event.kind != call && event.kind != no_request) throw MessageError(msg<"replay.other-kind">(number, core::sanitize(event.kind), call));
  if (event.sent.size() != 1 || !event.found) throw MessageError(msg<"replay.call-unreadable">(number));
  if (event.kind == no_request) return monitor.note_bad_request({event.found->what, event.found->title, event.found->why}, event.sent.front());
  constexpr std::int64_t furthest = 4'000'000'000'000;  // milliseconds
  if (event.times.size() != 2) throw MessageError(msg<"replay.no-time">(number));
  for (const std::int64_t time : event.times)
    if (time < -furthest || time > furthest) throw MessageError(msg<"replay.out-of-range">("times", time));
  const Call came(spec, event, number);
  const auto error = error_named(event.found->what);
  const bool is_told = error && !can_be_made_again(*event.found);
  monitor.presume(is_told ? std::optional(mockserver::Refusal{*error, event.found->why}) : std::nullopt);
  const ClientMonitor::Time now{milliseconds(event.times[0])};
  monitor.handle(came.request(), now, response, std::chrono::steady_clock::time_point(milliseconds(event.times[1])));
}

bool is_fault(const std::string& name) {
  const auto& all = client_fault_kinds();
  return std::any_of(all.begin(), all.end(), [&](const ClientFaultKind& one) { return one.name == name; });
}

/// What was judged is not what was sent, where something that looks like a secret or a token was taken out of it.
void tell_altered(CheckRecord& record) {
  const std::uint64_t count = record.transcript->client->altered;
  if (count == 0) return;
  record.notes.push_back(msg<"client.altered">(count));
  if (record.exit_code != 0) return;
  constexpr int not_judged = 4;
  record.exit_code = not_judged;
  record.verdict = reports::RunVerdict::not_judged;
}

}  // namespace

std::size_t rows_of(const loader::Fixtures& rows) {
  const auto count = [](const std::vector<loader::Fixtures::TableRows>& tables) {
    std::size_t out = 0;
    for (const loader::Fixtures::TableRows& one : tables) out += one.rows.size();
    return out;
  };
  const std::size_t patterns = std::max<std::size_t>(count(rows.generated_rows), rows.generated_rows.size());
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max() / 2;
  if (patterns > 0 && rows.generated_count > most / patterns) return most;
  return count(rows.tables) + patterns * rows.generated_count;
}

ClientRecorder::ClientRecorder(const core::Spec& spec, const mockserver::MockOptions& mock_options, const loader::Fixtures& rows, const ClientOptions& options)
    : spec_(spec),
      mock_options_(mock_options),
      authenticator_(spec, mock_options_),
      tokens_(spec.authentication, mock_options.apps, redact::Redactor(mock_options.apps)),
      monitor_(spec, with_made_up_secrets(mock_options), rows, options) {
  for (const auth::App& app : mock_options.apps) transcript_.apps.push_back(app.id);
  transcript_.client =
      ClientRunRecord{options.faults, options.required, options.only_watches, mock_options.tolerance.count(), rows.generated_count, recorded(spec, rows)};
}

/// What is wrong with a signature, by its secret. Whether its timestamp is, the monitor finds out for itself.
FindingRecord ClientRecorder::find(const net::HttpParser& request, ClientMonitor::Time now) {
  FindingRecord out;
  const auto presented = authenticator_.presented(request.header(token_header(spec_)), request.header(authorization_header(spec_)), signature_scratch_);
  auto refusal = authenticator_.check(presented, core::local_time(now, mock_options_.utc_offset), signature_scratch_);
  const bool is_of_secret = refusal && refusal->error != SignatureError::timestamp_off && refusal->error != SignatureError::timestamp_repeated;
  if (!is_of_secret) {
    if (presented.parts) out.app = presented.parts->first, out.timestamp = presented.parts->second;
    return out;
  }
  if (refusal->error == SignatureError::header_missing) return out;  // as anybody sees
  out.what = to_string(refusal->error);
  out.why = std::move(refusal->why);
  for (std::string* text : {&out.why.zh, &out.why.en}) tokens_.redact(*text);
  return out;
}

std::string ClientRecorder::redacted(std::string_view text) const {
  std::string out(text);
  tokens_.redact(out);
  return out;
}

std::string ClientRecorder::redacted_in_head(std::string_view text) const {
  std::string out = redacted(text);
  if (out == text) return out;
  for (const std::string_view word : {"secret", "token"})
    for (const std::string mark = "[" + std::string(word) + "]"; out.find(mark) != std::string::npos;)
      out.replace(out.find(mark), mark.size(), "-" + std::string(word) + "-");
  return out;
}

void ClientRecorder::keep(EventRecord event) {
  constexpr std::size_t each = 1024;  // what an event takes beside its texts
  kept_ += each + event.text.size();
  for (const SentRecord& sent : event.sent) {
    kept_ += sent.url.size() + 2 * sent.body.size();
    for (const auto& [name, value] : sent.headers) kept_ += name.size() + value.size();
  }
  transcript_.events.push_back(std::move(event));
}

void ClientRecorder::handle(const net::HttpParser& request, ClientMonitor::Time now, net::Response& response, std::chrono::steady_clock::time_point steady) {
  for (const auto& [name, value] : request.headers()) tokens_.learn(name, value);  // a client may repeat its credentials elsewhere
  tokens_.know_tokens_around(now);
  EventRecord event;
  event.kind = call;
  event.times = {std::chrono::floor<milliseconds>(now).time_since_epoch().count(), std::chrono::floor<milliseconds>(steady).time_since_epoch().count()};
  event.found = find(request, now);
  const std::string body = redacted(request.body());
  const auto as_head = [&](std::string_view text) { return redacted_in_head(text); };
  event.text = rewritten(request.head(), as_head, [&](std::string_view name, std::string_view value) {
    if (is_credential(spec_, name)) return std::string(token_gone);
    return core::equals_ignoring_case(name, "Content-Length") ? std::to_string(body.size()) : redacted_in_head(value);
  });
  const auto [method, target] = request_line_of(event.text);
  event.sent.push_back({std::string(method), std::string(target), {}, body});
  const bool is_altered = body != request.body() || redacted_in_head(request.target()) != request.target();
  keep(std::move(event));
  try {
    judge(spec_, transcript_.events.back(), transcript_.events.size(), monitor_, response);
    transcript_.client->altered += is_altered ? 1U : 0U;
  } catch (const MessageError&) {  // a secret stood where nothing can take its place
    transcript_.events.pop_back();
    ++transcript_.client->altered;
    constexpr int bad_request_status = 400;
    response.status = bad_request_status;
    monitor_.answer_bad_request(request, response, {});
  }
}

void ClientRecorder::handle_bad_request(const net::HttpParser& request, net::Response& response, const net::Arrival& arrival) {
  for (const auto& [name, value] : request.headers()) tokens_.learn(name, value);
  mockserver::BadRequest bad = mockserver::explain_bad_request(request, response.status, arrival.ended);
  EventRecord event;
  event.kind = no_request;
  event.found = FindingRecord{std::move(bad.kind), std::move(bad.title), std::move(bad.why), {}, {}};
  for (std::string* text : {&event.found->title.zh, &event.found->title.en, &event.found->why.zh, &event.found->why.en}) tokens_.redact(*text);
  SentRecord& sent =
      event.sent.emplace_back(SentRecord{redacted_in_head(request.method()), redacted_in_head(request.target()), request.headers(), redacted(request.body())});
  for (auto& [name, value] : sent.headers) {
    value = is_credential(spec_, name) ? token_gone : redacted_in_head(value);
    name = redacted_in_head(name);
  }
  keep(std::move(event));
  judge(spec_, transcript_.events.back(), transcript_.events.size(), monitor_, response);
  monitor_.answer_bad_request(request, response, arrival);
}

bool ClientRecorder::is_full() const {
  constexpr std::size_t most = 40UL * 1024 * 1024;
  return kept_ > most;
}

CheckRecord ClientRecorder::record() const {
  CheckRecord out = monitor_.record();
  reports::redact(out, mock_options_.apps);
  out.transcript = transcript_;
  tell_altered(out);
  return out;
}

bool is_of_client(const CheckRecord& record) { return record.role.ends_with(" client"); }

CheckRecord rejudge(const core::Spec& spec, const CheckRecord& record) {
  if (!record.transcript) throw MessageError(msg<"replay.no-transcript">());
  const reports::TranscriptRecord& transcript = *record.transcript;
  if (transcript.apps.empty()) throw MessageError(msg<"replay.no-app">());
  if (!transcript.client) throw MessageError(msg<"replay.no-client">());
  const ClientRunRecord& run = *transcript.client;
  for (const std::string& name : run.faults)
    if (!is_fault(name)) throw MessageError(msg<"replay.no-fault">(core::sanitize(name.substr(0, 100))));
  constexpr std::int64_t longest_tolerance_s = 86'400;
  if (run.tolerance_s < 0 || run.tolerance_s > longest_tolerance_s) throw MessageError(msg<"replay.out-of-range">("tolerance_s", run.tolerance_s));
  mockserver::MockOptions mock_options;
  for (const std::string& id : transcript.apps) mock_options.apps.push_back({id, ""});
  mock_options.utc_offset = spec.authentication.utc_offset;
  mock_options.tolerance = std::chrono::seconds(run.tolerance_s);
  mock_options.admin_api = false;
  ClientOptions options;
  options.client = record.role == "platform client" ? core::Role::platform : core::Role::billing;
  options.url = record.target;
  options.faults = run.faults;
  options.only_watches = run.only_watches;
  options.required = run.required;
  ClientMonitor monitor(spec, with_made_up_secrets(std::move(mock_options)), fixtures_from(spec, run), std::move(options));
  for (std::size_t i = 0; i < transcript.events.size(); ++i) {
    net::Response response;
    judge(spec, transcript.events[i], i + 1, monitor, response);
  }
  CheckRecord out = monitor.record();
  out.transcript = transcript;
  tell_altered(out);
  return out;
}

}  // namespace meterproof::client_conformance
