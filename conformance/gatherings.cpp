// InterfaceRun's fourth part: stories, requests at the same moment, and requests written down otherwise.
#include <algorithm>

#include "conformance/forgeries.hpp"
#include "conformance/interface_run.hpp"

namespace meterproof::conformance {

using reports::Verdict;
using spec::Code;
using spec::Draft;
using spec::Interface;

InterfaceRun::Ruling InterfaceRun::judge_performance(const Performance& performance) const {
  Ruling ruling;
  ruling.sent = performance.sent;
  ruling.reason = performance.reason;
  ruling.expected = performance.expected.empty() ? "every answer is what the requests before it imply" : performance.expected;
  ruling.observed = performance.observed;
  switch (performance.ending) {
    case Performance::Ending::agreed:
      ruling.verdict = Verdict::passed;
      ruling.observed = "as expected, in " + std::to_string(performance.steps) + " steps";
      break;
    case Performance::Ending::disagreed:
      ruling.verdict = Verdict::failed;
      ruling.observed = "step " + std::to_string(performance.step + 1) + ": " + performance.observed;
      break;
    case Performance::Ending::open:
    case Performance::Ending::silent:
    case Performance::Ending::hidden:
      ruling.verdict = Verdict::inconclusive;
      if (ruling.observed.empty()) ruling.observed = "not seen";
      break;
  }
  return ruling;
}

void InterfaceRun::run_stories() {
  for_each(Kind::story, [&](const Case& one) { return judge_performance(Player(lab_, options_.settle, false).perform(*one.story)); });
}

InterfaceRun::Ruling InterfaceRun::try_identical() {
  constexpr std::size_t copies = 8;
  const Code success = lab_.session().spec().success;
  Subject subject, nobody;
  prepare(subject, nobody);
  const Draft draft = lab_.draft(interface_, 0, subject);
  std::vector<Sent> all = lab_.session().send_together(std::vector(copies, std::pair(&interface_, draft.body())));
  Ruling ruling;
  ruling.expected = "done once, whatever is answered";
  for (const Sent& one : all) ruling.observed += (ruling.observed.empty() ? "" : ", ") + code_of(one);
  const auto accepted = std::find_if(all.begin(), all.end(), [&](const Sent& one) { return one.answered(success); });
  const bool lost = std::any_of(all.begin(), all.end(), [](const Sent& one) { return one.silent(); });
  ruling.sent = accepted == all.end() ? all.front() : *accepted;
  if (accepted == all.end()) {
    ruling.reason = "none of them succeeded: nothing can be said of how often it was done";
    return ruling;
  }
  (void)lab_.follow(draft, subject);
  const std::vector<std::string> found = changes(subject, nobody);
  ruling.verdict = found.empty() ? Verdict::passed : lost ? Verdict::inconclusive : Verdict::failed;
  if (!found.empty()) ruling.reason = "eight identical requests at once did not do what one does: " + found.front();
  return ruling;
}

InterfaceRun::Ruling InterfaceRun::try_users() {
  constexpr std::size_t users = 3;
  const spec::Spec& spec = lab_.session().spec();
  const bool only_looks = changed_tables(interface_).empty();
  std::vector<Subject> subjects(users);
  std::vector<Draft> drafts;
  std::vector<std::pair<const Interface*, std::string>> requests;
  for (Subject& subject : subjects)
    for (const spec::Step& step : interface_.effects)
      if (step.kind == spec::Step::Kind::find) lab_.ensure(subject, step.find.table);
  for (std::size_t round = 0; round < (only_looks ? 2U : 1U); ++round)
    for (Subject& subject : subjects) {
      drafts.push_back(lab_.draft(interface_, 0, subject));
      requests.emplace_back(&interface_, drafts.back().body());
    }
  Ruling ruling;
  ruling.expected = "each is answered with its own rows";
  ruling.verdict = Verdict::passed;
  ruling.observed = "as expected";
  std::vector<Sent> all = lab_.session().send_together(requests);
  for (std::size_t i = 0; i < all.size(); ++i) {
    ruling.sent = all[i];
    if (all[i].silent() || !all[i].answered(spec.success)) {
      ruling.verdict = Verdict::inconclusive;
      ruling.observed = code_of(all[i]);
      ruling.reason =
          all[i].silent() ? "no reply: " + all[i].reply.fault : "refused when sent at the same moment as others: it was not mixed up, and nothing was shown";
      return ruling;
    }
    const world::Outcome implied = lab_.follow(drafts[i], subjects[i % users]);
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
    const auto alone = only_looks ? lab_.send(drafts[i]) : all[i];
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
InterfaceRun::Ruling InterfaceRun::try_several(const Case& one) {
  const spec::Field& key = interface_.request[one.field];
  Draft draft{&interface_, std::vector<std::optional<std::string>>(interface_.request.size())};
  draft.raw[one.field] = raw_value(key, one.value);
  Sent sent = lab_.send(draft);
  const auto rows = sent.reply.rows(lab_.session().spec().envelope);
  const auto strange = std::find_if(rows.begin(), rows.end(), [&](const wire::Json* row) {
    const wire::Json* value = row->get(key.name);
    return value == nullptr || value->text != one.value;
  });
  Ruling ruling;
  ruling.expected = "at least two rows, each of " + key.name + " " + one.value;
  ruling.observed = code_of(sent) + ", " + std::to_string(rows.size()) + " rows";
  if (sent.silent()) ruling.reason = "no reply: " + sent.reply.fault;
  else if (rows.size() >= 2 && strange == rows.end()) ruling.verdict = Verdict::passed;
  else ruling.verdict = Verdict::failed;
  if (ruling.verdict == Verdict::failed) ruling.reason = rows.size() < 2 ? "not every row is listed" : "a row of another key is listed";
  ruling.sent = std::move(sent);
  return ruling;
}

void InterfaceRun::run_together() {
  for_each(Kind::several, [&](const Case& one) { return try_several(one); });
  for_each(Kind::together, [&](const Case& one) {
    if (!lab_.session().environment().send_together) throw Unavailable{"nothing can be sent at once here"};
    if (!control_succeeded_.front()) throw Unavailable{"no verdict without a control: the valid request did not succeed"};
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
std::string chunked(const http::HttpRequest& request, const http::Address& address) {
  http::HttpRequest head = request;
  head.body.clear();
  std::string bytes = head.bytes(address);
  const std::string length = "Content-Length: 0";
  const std::size_t half = request.body.size() / 2;
  return bytes.replace(bytes.find(length), length.size(), "Transfer-Encoding: chunked") + chunk(request.body.substr(0, half)) +
         chunk(request.body.substr(half)) + chunk("");
}

using Piece = http::Conversation::Piece;

std::vector<Piece> in_pieces(const std::string& bytes) {
  constexpr std::size_t pieces = 5;
  constexpr std::chrono::milliseconds pause(8);
  std::vector<Piece> out;
  const std::size_t size = bytes.size() / pieces + 1;
  for (std::size_t at = 0; at < bytes.size(); at += size) out.push_back({bytes.substr(at, size), at == 0 ? std::chrono::milliseconds(0) : pause, false});
  return out;
}

}  // namespace

InterfaceRun::Ruling InterfaceRun::try_wording(const TransportCase& wording, Subject& subject) {
  Session& session = lab_.session();
  const http::Address& address = session.environment().address;
  const Draft draft = lab_.draft(interface_, 0, subject);
  const http::HttpRequest valid = session.signed_request(interface_, session.next_timestamp(interface_.path), draft.body());
  // A refused request may use its timestamp up.
  const bool forges = wording.wording == Wording::pipelined || wording.wording == Wording::after_refusals;
  http::HttpRequest forged = !forges ? valid : session.signed_request(interface_, lab_.forgery_timestamp(interface_.path, true), draft.body());
  forged.headers[session.spec().authentication.token].second.assign(32, '0');
  std::vector<http::HttpRequest> requests = {valid};
  http::Conversation talk;
  switch (wording.wording) {
    case Wording::small_letters:
      for (auto& [name, value] : requests.front().headers) name = spec::in_small_letters(name);
      talk.pieces = {{requests.front().bytes(address)}};
      break;
    case Wording::in_pieces: talk.pieces = in_pieces(valid.bytes(address)); break;
    case Wording::chunked: talk.pieces = {{chunked(valid, address)}}; break;
    case Wording::pipelined:
      requests = {forged, valid};
      talk.pieces = {{forged.bytes(address) + valid.bytes(address)}};
      break;
    case Wording::after_refusals: {
      const http::HttpRequest unreadable = session.signed_request(interface_, session.next_timestamp(interface_.path), "{");
      requests = {forged, unreadable, valid};
      talk.pieces = {{forged.bytes(address)}, {unreadable.bytes(address), {}, true}, {valid.bytes(address), {}, true}};
      break;
    }
  }
  talk.replies = requests.size();
  const std::vector<Sent> all = session.converse(talk, requests);
  Ruling ruling;
  ruling.sent = all.back();
  ruling.observed = code_of(all.back());
  const bool in_order = all.size() < 2 || !all.front().answered(session.spec().success);
  if (all.back().answered(session.spec().success) && in_order) {
    (void)lab_.follow(draft, subject);
    ruling.verdict = Verdict::passed;
  } else if (std::any_of(all.begin(), all.end(), [](const Sent& one) { return one.silent(); })) {
    subject.clear();  // who knows what became of its rows
    ruling.reason = "no reply: " + all.back().reply.fault;
  } else if (session.refused_for_time(all.back())) {
    ruling.reason = "the timestamp had been used by somebody else";
  } else {
    ruling.verdict = wording.stated ? Verdict::failed : Verdict::warned;
    ruling.reason = "a valid request was not answered as such: " + wording.sentence.en;
  }
  return ruling;
}

void InterfaceRun::run_transport() {
  Subject subject;
  for_each(Kind::transport, [&](const Case& one) {
    if (!lab_.session().environment().converse) throw Unavailable{"nothing is known of connections here"};
    if (!control_succeeded_.front()) throw Unavailable{"no verdict without a control: the valid request did not succeed"};
    const auto& all = transport_cases();
    return try_wording(*std::find_if(all.begin(), all.end(), [&](const TransportCase& wording) { return wording.label == one.label; }), subject);
  });
}

}  // namespace meterproof::conformance
