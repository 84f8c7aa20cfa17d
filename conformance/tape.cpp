#include "conformance/tape.hpp"

#include <algorithm>
#include <cctype>
#include <memory>
#include <unordered_set>

namespace meterproof::conformance {

using reports::EventRecord;
using reports::EvidenceRecord;
using reports::ReplyRecord;
using reports::SentRecord;
using std::chrono::milliseconds;

namespace {

constexpr const char* token_gone = "[token]";
constexpr std::size_t shortest_token = 8, shortest_secret = 4;  // what is shorter is found everywhere

bool carries_token(const spec::Spec& spec, std::string_view header) {
  const spec::Authentication& authentication = spec.authentication;
  return spec::same_letters(header, authentication.headers[authentication.token].name) ||
         spec::same_letters(header, authentication.headers[authentication.authorization].name);
}

constexpr std::size_t md5_digits = 32;

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) text.replace(at, what.size(), by);
}

SentRecord without_tokens(const spec::Spec& spec, const http::HttpRequest& request) {
  SentRecord out{request.method, request.path, request.headers, request.body};
  for (auto& [name, value] : out.headers)
    if (carries_token(spec, name) && !value.empty()) value = token_gone;
  return out;
}

/// The same for requests as bytes: the rest of a line that begins with such a header's name. What stood there goes to `taken`, where that is given.
std::string without_tokens(const spec::Spec& spec, const http::Conversation& conversation, http::HttpRequest* taken = nullptr) {
  std::string bytes, out;
  for (const auto& piece : conversation.pieces) bytes += piece.bytes;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size() - 1) + 1;
    const std::string_view line = std::string_view(bytes).substr(at, end - at);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && carries_token(spec, line.substr(0, colon))) {
      if (taken != nullptr) taken->headers.emplace_back(line.substr(0, colon), spec::trimmed(line.substr(colon + 1)));
      out += std::string(line.substr(0, colon)) + ": " + token_gone + "\r\n";
    } else {
      out += line;
    }
    at = end;
  }
  return out;
}

ReplyRecord written(const http::Exchange& exchange) {
  ReplyRecord out;
  out.outcome = to_string(exchange.outcome);
  out.status = exchange.status;
  out.headers = exchange.headers;
  out.body = exchange.body;
  out.detail = exchange.detail;
  return out;
}

http::Exchange read(const ReplyRecord& reply) {
  http::Exchange out;
  for (int i = 0; i <= static_cast<int>(http::Outcome::no_file); ++i)
    if (to_string(static_cast<http::Outcome>(i)) == reply.outcome) out.outcome = static_cast<http::Outcome>(i);
  out.status = reply.status;
  out.headers = reply.headers;
  out.body = reply.body;
  out.detail = reply.detail;
  return out;
}

class Recorder {
 public:
  Recorder(const spec::Spec& spec, std::vector<wire::App> apps, EvidenceRecord& out) : spec_(spec), apps_(std::move(apps)), out_(out) {}

  http::Exchange exchanged(const http::HttpRequest& request, http::Exchange exchange) {
    clean(exchange, {request});
    event("exchange", {request}, {exchange});
    return exchange;
  }
  std::vector<http::Exchange> exchanged(const std::vector<http::HttpRequest>& requests, std::vector<http::Exchange> exchanges) {
    for (http::Exchange& one : exchanges) clean(one, requests);
    event("together", requests, exchanges);
    return exchanges;
  }
  std::vector<http::Exchange> conversed(const http::Conversation& conversation, std::vector<http::Exchange> exchanges) {
    http::HttpRequest taken;
    const std::string text = without_tokens(spec_, conversation, &taken);
    for (http::Exchange& one : exchanges) clean(one, {taken});
    event("conversation", {}, exchanges).text = text;
    return exchanges;
  }
  std::chrono::system_clock::time_point looked(std::chrono::system_clock::time_point now) {
    const auto time = std::chrono::floor<milliseconds>(now);
    if (out_.events.empty() || out_.events.back().kind != "time") out_.events.emplace_back().kind = "time";
    out_.events.back().times.push_back(time.time_since_epoch().count());
    return time;
  }
  /// The target answers with more than can be kept: the run ends, and can't be certified.
  bool is_full() const {
    constexpr std::size_t most = 256UL * 1024 * 1024;
    return kept_ > most;
  }
  /// A hook's output may show the secret that it was started with.
  std::string hooked(std::string said) {
    for (const auto& [what, by] : secrets()) replace_all(said, what, by);
    event("hook", {}, {}).text = said;
    return said;
  }

 private:
  using Replacements = std::vector<std::pair<std::string, std::string>>;

  EventRecord& event(const char* kind, const std::vector<http::HttpRequest>& requests, const std::vector<http::Exchange>& exchanges) {
    for (const http::Exchange& one : exchanges) kept_ += one.body.size();
    EventRecord& out = out_.events.emplace_back();
    out.kind = kind;
    for (const http::HttpRequest& one : requests) out.sent.push_back(without_tokens(spec_, one));
    for (const http::Exchange& one : exchanges) out.replies.push_back(written(one));
    return out;
  }
  /// A target may repeat what it was sent, now or before, in small letters or capitals, or in Base64.
  void clean(http::Exchange& exchange, const std::vector<http::HttpRequest>& requests) {
    Replacements gone = secrets();
    for (const http::HttpRequest& request : requests)
      for (const auto& [name, text] : request.headers) {
        const std::string value(spec::trimmed(text));
        if (!carries_token(spec_, name) || value.size() < shortest_token) continue;
        if (value.size() == md5_digits) tokens_.insert(spec::in_small_letters(value));
        for (const std::string& form : {value, wire::base64(value)}) {
          gone.emplace_back(form, token_gone);
          values_.insert(form);
        }
      }
    const auto clean_text = [&](std::string& text) {
      for (const auto& [what, by] : gone) replace_all(text, what, by);
      take_tokens_out(text);
      take_values_out(text);
    };
    clean_text(exchange.body);
    clean_text(exchange.detail);
    for (auto& [name, value] : exchange.headers) {
      clean_text(name);
      clean_text(value);
    }
  }
  Replacements secrets() const {
    Replacements out;
    for (const wire::App& app : apps_)
      if (app.secret.size() >= shortest_secret)
        for (const std::string& form : {app.secret, wire::base64(app.secret)}) out.emplace_back(form, "[secret]");
    return out;
  }
  /// Every token that this run has sent, wherever it stands among hexadecimal digits.
  void take_tokens_out(std::string& text) const {
    std::size_t digits = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
      digits = std::isxdigit(static_cast<unsigned char>(text[at])) != 0 ? digits + 1 : 0;
      if (digits < md5_digits || tokens_.count(spec::in_small_letters(std::string_view(text).substr(at + 1 - md5_digits, md5_digits))) == 0) continue;
      text.replace(at + 1 - md5_digits, md5_digits, token_gone);
      at = at - md5_digits + std::string_view(token_gone).size();
      digits = 0;
    }
  }

  /// What stood in such a header before, where it is a word of its own.
  void take_values_out(std::string& text) const {
    const auto in_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/' || c == '='; };
    for (std::size_t at = 0; at < text.size(); ++at) {
      std::size_t end = at;
      while (end < text.size() && in_word(text[end])) ++end;
      if (end - at >= shortest_token && values_.count(text.substr(at, end - at)) > 0) {
        text.replace(at, end - at, token_gone);
        end = at + std::string_view(token_gone).size();
      }
      at = end;
    }
  }

  const spec::Spec& spec_;
  std::vector<wire::App> apps_;
  EvidenceRecord& out_;
  std::unordered_set<std::string> tokens_, values_;  // sent so far: tokens in small letters, and all that stood in those headers
  std::size_t kept_ = 0;
};

class Playback {
 public:
  Playback(const spec::Spec& spec, const EvidenceRecord& evidence) : spec_(spec), events_(evidence.events) {}

  http::Exchange exchange(const http::HttpRequest& request) { return exchanges("exchange", {request}).at(0); }
  std::vector<http::Exchange> exchanges(const char* kind, const std::vector<http::HttpRequest>& requests) {
    const EventRecord& event = next(kind);
    for (std::size_t i = 0; i < std::max(requests.size(), event.sent.size()); ++i)
      if (i >= requests.size() || i >= event.sent.size() || !same(event.sent[i], without_tokens(spec_, requests[i])))
        throw Diverged("event " + std::to_string(at_) + " (" + (i < event.sent.size() ? event.sent[i].url : std::string("none")) +
                       ") is not the request that this run sends here" + (i < requests.size() ? " (" + requests[i].path + ")" : ""));
    return replies(event);
  }
  std::vector<http::Exchange> converse(const http::Conversation& conversation) {
    const EventRecord& event = next("conversation");
    if (event.text != without_tokens(spec_, conversation)) throw Diverged("event " + std::to_string(at_) + " is not the conversation that this run has here");
    return replies(event);
  }
  std::chrono::system_clock::time_point now() {
    if (time_ == times_.size()) {
      times_ = next("time").times;
      time_ = 0;
      if (times_.empty()) throw Diverged("event " + std::to_string(at_) + " tells no time");
    }
    return std::chrono::system_clock::time_point(milliseconds(times_[time_++]));
  }
  std::string hook() { return next("hook").text; }
  /// "" where everything was played.
  std::string rest() const {
    return at_ == events_.size() && time_ == times_.size() ? "" : std::to_string(events_.size() - at_) + " events are more than this run has use for";
  }

 private:
  static bool same(const SentRecord& a, const SentRecord& b) { return a.method == b.method && a.url == b.url && a.headers == b.headers && a.body == b.body; }
  std::vector<http::Exchange> replies(const EventRecord& event) const {
    std::vector<http::Exchange> out;
    for (const ReplyRecord& reply : event.replies) out.push_back(read(reply));
    if (event.kind != "conversation" && out.size() != event.sent.size())  // on one connection a reply may be missing
      throw Diverged("event " + std::to_string(at_) + " has " + std::to_string(out.size()) + " replies to " + std::to_string(event.sent.size()) + " requests");
    return out;
  }
  const EventRecord& next(std::string_view kind) {
    if (time_ != times_.size()) throw Diverged("event " + std::to_string(at_) + ": the clock was looked at more often than this run does");
    if (at_ == events_.size()) throw Diverged("the transcript ends before this run does: it sends or asks for more (" + std::string(kind) + ")");
    const EventRecord& event = events_[at_++];
    if (event.kind != kind)
      throw Diverged("event " + std::to_string(at_) + " is of kind " + event.kind + ", where this run has one of kind " + std::string(kind));
    return event;
  }

  const spec::Spec& spec_;
  const std::vector<EventRecord>& events_;
  std::size_t at_ = 0;  // events played
  std::vector<std::int64_t> times_;
  std::size_t time_ = 0;
};

}  // namespace

void write_down(const spec::Spec& spec, CheckOptions& options, Environment& environment, EvidenceRecord& out) {
  for (const wire::App& app : options.apps) out.apps.push_back(app.id);
  out.settle_ms = options.settle.count();
  out.known = options.known;
  out.explore = options.explore;
  out.seed = options.seed;
  out.run = environment.run;
  out.pause_us = options.per_second > 0 ? static_cast<std::int64_t>(1e6 / options.per_second) : 0;
  environment.workers = 1;
  const auto recorder = std::make_shared<Recorder>(spec, options.apps, out);
  environment.send = [recorder, send = environment.send](const http::HttpRequest& request) { return recorder->exchanged(request, send(request)); };
  environment.send_together = [recorder, send = environment.send_together](const std::vector<http::HttpRequest>& requests) {
    return recorder->exchanged(requests, send(requests));
  };
  environment.converse = [recorder, converse = environment.converse](const http::Conversation& conversation) {
    return recorder->conversed(conversation, converse(conversation));
  };
  environment.cut_off = [recorder, cut_off = environment.cut_off] { return recorder->is_full() || (cut_off && cut_off()); };
  environment.now = [recorder, now = environment.now] { return recorder->looked(now()); };
  for (auto& [fault, hook] : options.faults) {
    out.faults.push_back(fault);
    hook = [recorder, hook = std::move(hook)](bool breaks) { return recorder->hooked(hook(breaks)); };
  }
}

reports::CheckRecord judged_again(const spec::Spec& spec, const reports::CheckRecord& record) {
  if (!record.evidence) throw std::invalid_argument("the record holds no evidence");
  const EvidenceRecord& evidence = *record.evidence;
  CheckOptions options;
  options.target = record.target;
  options.role = record.role;
  options.scope = {record.role != "billing", record.role != "platform"};
  for (const std::string& id : evidence.apps) options.apps.push_back({id, "no secret is known here"});
  options.only = record.only;
  options.settle = milliseconds(evidence.settle_ms);
  options.known = evidence.known;
  options.explore = evidence.explore;
  options.seed = evidence.seed;
  for (const reports::DeclarationRecord& one : record.declared) {
    const auto day = spec::DateTime::parse_date(one.expires);
    if (one.kind == "unsupported") options.unsupported.push_back({one.cases, one.reason});
    else if (day) options.waivers.push_back({one.cases, one.reason, *day});
    else throw Diverged("the waiver of " + one.cases + " has no day on which it expires");
  }
  Playback player(spec, evidence);
  for (const std::string& fault : evidence.faults) options.faults[fault] = [&player](bool) { return player.hook(); };
  Environment environment;
  std::string why;
  if (const auto address = http::parse_address(record.target, why)) environment.address = *address;
  environment.run = evidence.run;
  environment.pause = std::chrono::microseconds(evidence.pause_us);
  environment.send = [&](const http::HttpRequest& request) { return player.exchange(request); };
  environment.send_together = [&](const std::vector<http::HttpRequest>& requests) { return player.exchanges("together", requests); };
  environment.converse = [&](const http::Conversation& conversation) { return player.converse(conversation); };
  environment.now = [&] { return player.now(); };
  environment.sleep = [](milliseconds) {};
  if (options.apps.empty()) throw Diverged("no appId is named");
  reports::CheckRecord again = check(spec, options, std::move(environment));
  if (const std::string rest = player.rest(); !rest.empty()) throw Diverged(rest);
  return again;
}

void blank_tokens(const spec::Spec& spec, reports::CheckRecord& record) {
  for (reports::CaseRecord& one : record.cases) {
    for (auto& [name, value] : one.request.headers)
      if (carries_token(spec, name) && !value.empty()) value = token_gone;
    one.curl.clear();
  }
}

}  // namespace meterproof::conformance
