// InterfaceSuite's fourth part: stories, requests at the same moment, and requests written down otherwise.
#include <algorithm>

#include "conformance/interface_suite.hpp"
#include "conformance/request_mutations.hpp"
#include "core/text/text.hpp"

namespace meterproof::conformance {

using core::Code;
using core::Interface;
using core::RequestBuilder;
using reports::Verdict;

InterfaceSuite::CaseResult InterfaceSuite::judge_performance(const SequenceResult& performance) const {
  CaseResult ruling;
  ruling.sent = performance.sent;
  ruling.reason = performance.reason;
  ruling.expected = performance.expected.empty() ? "every answer is what the requests before it imply" : performance.expected;
  ruling.observed = performance.observed;
  switch (performance.ending) {
    case SequenceResult::Ending::agreed:
      ruling.verdict = Verdict::passed;
      ruling.observed = "as expected, in " + std::to_string(performance.steps) + " steps";
      break;
    case SequenceResult::Ending::disagreed:
      ruling.verdict = Verdict::failed;
      ruling.observed = "step " + std::to_string(performance.step + 1) + ": " + performance.observed;
      break;
    case SequenceResult::Ending::open:
    case SequenceResult::Ending::no_reply:
    case SequenceResult::Ending::hidden:
      ruling.verdict = Verdict::inconclusive;
      if (ruling.observed.empty()) ruling.observed = "not seen";
      break;
  }
  return ruling;
}

void InterfaceSuite::run_stories() {
  for_each(Kind::story, [&](const Case& one) { return judge_performance(SequenceRunner(fixtures_, options_.effect_timeout, false).run(*one.story)); });
}

InterfaceSuite::CaseResult InterfaceSuite::try_identical() {
  constexpr std::size_t copies = 8;
  const Code success = fixtures_.session().spec().success;
  FixtureSet fixture, nobody;
  prepare(fixture, nobody);
  const RequestBuilder make_request = fixtures_.make_request(interface_, 0, fixture);
  std::vector<Sent> all = fixtures_.session().send_concurrently(std::vector(copies, std::pair(&interface_, make_request.body())));
  CaseResult ruling;
  ruling.expected = "done once, whatever is answered";
  for (const Sent& one : all) ruling.observed += (ruling.observed.empty() ? "" : ", ") + code_of(one);
  const auto accepted = std::find_if(all.begin(), all.end(), [&](const Sent& one) { return one.answered(success); });
  const bool lost = std::any_of(all.begin(), all.end(), [](const Sent& one) { return one.no_reply(); });
  ruling.sent = accepted == all.end() ? all.front() : *accepted;
  if (accepted == all.end()) {
    ruling.reason = "none of them succeeded: nothing can be said of how often it was done";
    return ruling;
  }
  (void)fixtures_.apply_to_model(make_request, fixture);
  const std::vector<std::string> found = changes(fixture, nobody);
  ruling.verdict = found.empty() ? Verdict::passed : lost ? Verdict::inconclusive : Verdict::failed;
  if (!found.empty()) ruling.reason = "eight identical requests at once did not do what one does: " + found.front();
  return ruling;
}

InterfaceSuite::CaseResult InterfaceSuite::try_users() {
  constexpr std::size_t users = 3;
  const core::Spec& spec = fixtures_.session().spec();
  const bool only_looks = changed_tables(interface_).empty();
  std::vector<FixtureSet> subjects(users);
  std::vector<RequestBuilder> drafts;
  std::vector<std::pair<const Interface*, std::string>> requests;
  for (FixtureSet& fixture : subjects)
    for (const core::Step& step : interface_.effects)
      if (step.kind == core::Step::Kind::find) fixtures_.get_or_create(fixture, step.find.table);
  for (std::size_t round = 0; round < (only_looks ? 2U : 1U); ++round)
    for (FixtureSet& fixture : subjects) {
      drafts.push_back(fixtures_.make_request(interface_, 0, fixture));
      requests.emplace_back(&interface_, drafts.back().body());
    }
  CaseResult ruling;
  ruling.expected = "each is answered with its own rows";
  ruling.verdict = Verdict::passed;
  ruling.observed = "as expected";
  std::vector<Sent> all = fixtures_.session().send_concurrently(requests);
  for (std::size_t i = 0; i < all.size(); ++i) {
    ruling.sent = all[i];
    if (all[i].no_reply() || !all[i].answered(spec.success)) {
      ruling.verdict = Verdict::inconclusive;
      ruling.observed = code_of(all[i]);
      ruling.reason =
          all[i].no_reply() ? "no reply: " + all[i].reply.fault : "refused when sent at the same moment as others: it was not mixed up, and nothing was shown";
      return ruling;
    }
    const store::ResultSet implied = fixtures_.apply_to_model(drafts[i], subjects[i % users]);
    const auto rows = all[i].reply.rows(spec.envelope);
    if (shows_nothing_yet(rows, implied)) {
      ruling.verdict = Verdict::inconclusive;
      ruling.observed = "not seen";
      ruling.reason = interface_.name + " shows nothing of a row that has no reading yet";
      return ruling;
    }
    const auto found = differences(interface_, rows, implied);
    if (found.empty()) continue;
    // What has not settled yet looks the same alone: then it is no mixing up.
    const auto alone = only_looks ? fixtures_.send(drafts[i]) : all[i];
    if (only_looks && !differences(interface_, alone.reply.rows(spec.envelope), implied).empty()) {
      ruling.verdict = Verdict::inconclusive;
      ruling.observed = found.front();
      ruling.reason = "the same is answered to it alone, and other cases judge that";
      return ruling;
    }
    ruling.verdict = Verdict::failed;
    ruling.observed = found.front();
    ruling.reason = "queries at the same moment were not answered with their own rows";
    return ruling;
  }
  return ruling;
}

/// Every row of a key's several has that key.
InterfaceSuite::CaseResult InterfaceSuite::try_several(const Case& one) {
  const core::Field& key = interface_.request[one.field];
  RequestBuilder make_request{&interface_, std::vector<std::optional<std::string>>(interface_.request.size())};
  make_request.raw[one.field] = raw_value(key, one.value);
  Sent sent = fixtures_.send(make_request);
  const auto rows = sent.reply.rows(fixtures_.session().spec().envelope);
  const auto strange = std::find_if(rows.begin(), rows.end(), [&](const json::Json* row) {
    const json::Json* value = row->get(key.name);
    return value == nullptr || value->text != one.value;
  });
  CaseResult ruling;
  ruling.expected = "at least two rows, each of " + key.name + " " + one.value;
  ruling.observed = code_of(sent) + ", " + std::to_string(rows.size()) + " rows";
  if (sent.no_reply()) ruling.reason = "no reply: " + sent.reply.fault;
  else if (rows.size() >= 2 && strange == rows.end()) ruling.verdict = Verdict::passed;
  else ruling.verdict = Verdict::failed;
  if (ruling.verdict == Verdict::failed) ruling.reason = rows.size() < 2 ? "not every row is listed" : "a row of another key is listed";
  ruling.sent = std::move(sent);
  return ruling;
}

void InterfaceSuite::run_together() {
  for_each(Kind::several, [&](const Case& one) { return try_several(one); });
  for_each(Kind::together, [&](const Case& one) {
    if (!fixtures_.session().environment().send_concurrently) throw Inconclusive{"nothing can be sent at once here"};
    if (!control_succeeded_.front()) throw Inconclusive{"no verdict without a control: the valid request did not succeed"};
    return one.label == identical_at_once ? try_identical() : try_users();
  });
}

namespace {

std::string chunk(const std::string& data) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string size;
  for (std::size_t left = data.size(); left > 0; left /= hex.size()) size.insert(0, 1, hex[left % hex.size()]);
  return (size.empty() ? "0" : size) + "\r\n" + data + "\r\n";
}

/// The request's bytes with its body in chunks (RFC 9112, section 7.1).
std::string chunked(const net::HttpRequest& request, const net::Address& address) {
  net::HttpRequest head = request;
  head.body.clear();
  std::string bytes = head.bytes(address);
  const std::string length = "Content-Length: 0";
  const std::size_t half = request.body.size() / 2;
  return bytes.replace(bytes.find(length), length.size(), "Transfer-Encoding: chunked") + chunk(request.body.substr(0, half)) +
         chunk(request.body.substr(half)) + chunk("");
}

using Segment = net::RawExchange::Segment;

std::vector<Segment> in_pieces(const std::string& bytes) {
  constexpr std::size_t segments = 5;
  constexpr std::chrono::milliseconds pause(8);
  std::vector<Segment> out;
  const std::size_t size = bytes.size() / segments + 1;
  for (std::size_t at = 0; at < bytes.size(); at += size) out.push_back({bytes.substr(at, size), at == 0 ? std::chrono::milliseconds(0) : pause, false});
  return out;
}

}  // namespace

InterfaceSuite::CaseResult InterfaceSuite::try_wording(const TransportCase& wording, FixtureSet& fixture) {
  TargetSession& session = fixtures_.session();
  const net::Address& address = session.environment().address;
  const RequestBuilder make_request = fixtures_.make_request(interface_, 0, fixture);
  const net::HttpRequest valid = session.signed_request(interface_, session.next_timestamp(interface_.path), make_request.body());
  // A refused request may use its timestamp up.
  const bool forges = wording.wording == HttpVariant::pipelined || wording.wording == HttpVariant::after_refusals;
  net::HttpRequest forged = !forges ? valid : session.signed_request(interface_, fixtures_.forgery_timestamp(interface_.path, true), make_request.body());
  forged.headers[session.spec().authentication.token].second.assign(32, '0');
  std::vector<net::HttpRequest> requests = {valid};
  net::RawExchange talk;
  switch (wording.wording) {
    case HttpVariant::small_letters:
      for (auto& [name, value] : requests.front().headers) name = core::to_lower(name);
      talk.segments = {{requests.front().bytes(address)}};
      break;
    case HttpVariant::in_pieces: talk.segments = in_pieces(valid.bytes(address)); break;
    case HttpVariant::chunked: talk.segments = {{chunked(valid, address)}}; break;
    case HttpVariant::pipelined:
      requests = {forged, valid};
      talk.segments = {{forged.bytes(address) + valid.bytes(address)}};
      break;
    case HttpVariant::after_refusals: {
      const net::HttpRequest unreadable = session.signed_request(interface_, session.next_timestamp(interface_.path), "{");
      requests = {forged, unreadable, valid};
      talk.segments = {{forged.bytes(address)}, {unreadable.bytes(address), {}, true}, {valid.bytes(address), {}, true}};
      break;
    }
  }
  talk.replies = requests.size();
  const std::vector<Sent> all = session.send_raw(talk, requests);
  CaseResult ruling;
  ruling.sent = all.back();
  ruling.observed = code_of(all.back());
  const bool in_order = all.size() < 2 || !all.front().answered(session.spec().success);
  if (all.back().answered(session.spec().success) && in_order) {
    (void)fixtures_.apply_to_model(make_request, fixture);
    ruling.verdict = Verdict::passed;
  } else if (std::any_of(all.begin(), all.end(), [](const Sent& one) { return one.no_reply(); })) {
    fixture.clear();  // who knows what became of its rows
    ruling.reason = "no reply: " + all.back().reply.fault;
  } else if (session.refused_for_time(all.back())) {
    ruling.reason = "the timestamp had been used by somebody else";
  } else {
    ruling.verdict = wording.stated ? Verdict::failed : Verdict::warned;
    ruling.reason = "a valid request was not answered as such: " + wording.sentence.en;
  }
  return ruling;
}

void InterfaceSuite::run_transport() {
  FixtureSet fixture;
  for_each(Kind::transport, [&](const Case& one) {
    if (!fixtures_.session().environment().send_raw) throw Inconclusive{"nothing is known of connections here"};
    if (!control_succeeded_.front()) throw Inconclusive{"no verdict without a control: the valid request did not succeed"};
    const auto& all = transport_cases();
    return try_wording(*std::find_if(all.begin(), all.end(), [&](const TransportCase& wording) { return wording.label == one.label; }), fixture);
  });
}

}  // namespace meterproof::conformance
