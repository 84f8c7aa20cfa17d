#include "clientcheck/tricks.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace meterproof::clientcheck {

using reports::Verdict;
using spec::Field;
using spec::Interface;

const std::vector<TrickKind>& trick_kinds() {
  static const std::vector<TrickKind> all = {
      {Trick::timestamp_refused,
       "timestamp-refused",
       {"时间戳被拒绝一次后，应以新时间戳重新签名再发", "a call whose timestamp was refused is sent again, signed anew"}},
      {Trick::reply_lost, "reply-lost", {"应答丢失后重发须用同一流水号并重新签名", "after a lost reply the same transaction is sent again, signed anew"}},
      {Trick::report_refused, "report-refused", {"上报被答复 0（失败）后应再次上报", "a report that was answered with a failure is sent again"}},
      {Trick::order_given, "order-given", {"应答中的控阀指令须在下次上报中体现", "what a reply orders shows in the next report"}},
  };
  return all;
}

namespace {

bool names_something(const Interface& interface) {
  return std::any_of(interface.request.begin(), interface.request.end(), [](const Field& field) { return field.names.has_value(); });
}

/// A call that may be repeated without harm, because its key says that it is the same one.
bool is_recorded_once(const Interface& interface) {
  return names_something(interface) && std::any_of(interface.unclear.begin(), interface.unclear.end(), [&](const spec::Unclear& question) {
           return question.unchanged && question.when && question.when->uses.size() == 1 && interface.request[question.when->uses[0].field].names.has_value() &&
                  interface.served_by == spec::Role::platform &&
                  std::none_of(interface.request.begin(), interface.request.end(), [](const Field& field) { return field.names && field.refers; });
         });
}

bool obeys_anything(const Interface& interface) {
  return std::any_of(interface.request.begin(), interface.request.end(), [](const Field& field) { return !field.obeys.empty(); });
}

bool is_key(const Field& field) { return field.refers.has_value() || field.names.has_value(); }

}  // namespace

bool fits(Trick trick, const Interface& interface) {
  switch (trick) {
    case Trick::timestamp_refused: return true;
    case Trick::reply_lost: return is_recorded_once(interface);
    case Trick::report_refused: return interface.refusal.has_value();
    case Trick::order_given: return obeys_anything(interface);
  }
  return false;
}

void Play::remember(const Call& call) {
  pulled_ = true;
  authorization_ = call.authorization;
  values_.clear();
  for (const spec::Value& value : call.request->values) values_.emplace_back(value.kind, std::string(value.text));
}

bool Play::same_keys(const Call& call) const {
  for (std::size_t i = 0; i < values_.size(); ++i)
    if (is_key(interface_->request[i]) && (*call.request)[i].text != values_[i].second) return false;
  // Without a key of its own a call is the same where all of it is.
  if (names_something(*interface_)) return true;
  for (std::size_t i = 0; i < values_.size(); ++i)
    if ((*call.request)[i].text != values_[i].second) return false;
  return true;
}

bool Play::same_but_keys(const Call& call) const {
  for (std::size_t i = 0; i < values_.size(); ++i)
    if (!interface_->request[i].names && (*call.request)[i].text != values_[i].second) return false;
  return true;
}

namespace {

void answer_with(const spec::Spec& spec, spec::Code code, const std::string& message, http::Response& response) {
  nlohmann::ordered_json body;
  body[spec.envelope.code] = code.value;
  body[spec.envelope.message] = message;
  response.body = body.dump();
}

}  // namespace

bool Play::before(const Call& call, http::Response& response) {
  if (kind_->trick == Trick::timestamp_refused) {
    const spec::ResultRow* row = spec_->answering(spec::SignatureFault::timestamp_repeated);
    if (row == nullptr) return false;
    remember(call);
    answer_with(*spec_, row->code, row->title.zh, response);
    return true;
  }
  if (kind_->trick == Trick::report_refused) {
    remember(call);
    const spec::ResultRow* row = spec_->row(*interface_, *interface_->refusal);
    answer_with(*spec_, *interface_->refusal, row == nullptr ? "" : row->title.zh, response);
    return true;
  }
  return false;
}

void Play::after(const Call& call, http::Response& response) {
  if (kind_->trick == Trick::reply_lost) {
    remember(call);
    response.mishap = http::Mishap::reset;
  }
  if (kind_->trick == Trick::order_given) give_order(call, response);
}

/// The reply is made to order what is not so yet.
void Play::give_order(const Call& call, http::Response& response) {
  auto reply = nlohmann::ordered_json::parse(response.body, nullptr, false);
  if (!reply.is_object() || !reply.contains(spec_->envelope.rows) || !reply[spec_->envelope.rows].is_array() || reply[spec_->envelope.rows].empty()) return;
  for (std::size_t i = 0; i < interface_->request.size(); ++i) {
    const Field& field = interface_->request[i];
    if (field.obeys.empty()) continue;
    for (const auto& [order, state] : field.obeys_map) {
      if ((*call.request)[i].is(state)) continue;
      remember(call);
      ordered_field_ = i;
      ordered_ = state;
      reply[spec_->envelope.rows][0][field.obeys] = std::stoi(order);
      response.body = reply.dump();
      return;
    }
  }
}

void Play::conclude(Verdict verdict, std::string observed, std::string reason) { verdict_ = Result{verdict, std::move(observed), std::move(reason)}; }

void Play::watch(const Call& call) {
  if (!pulled_ || over() || call.request == nullptr) return;
  ++later_calls_;
  if (call.interface != interface_) return;
  if (kind_->trick == Trick::order_given) {
    const bool same_meter = [&] {
      for (std::size_t i = 0; i < values_.size(); ++i)
        if (is_key(interface_->request[i]) && (*call.request)[i].text != values_[i].second) return false;
      return true;
    }();
    if (!same_meter) return;
    const std::string& name = interface_->request[ordered_field_].name;
    const std::string shown((*call.request)[ordered_field_].text);
    if ((*call.request)[ordered_field_].is(ordered_)) conclude(Verdict::passed, name + " " + shown, {});
    else conclude(Verdict::failed, name + " " + shown, "the reply ordered otherwise: the next report should say " + name + " " + ordered_);
    return;
  }
  if (same_keys(call)) {
    if (call.authorization == authorization_)
      return conclude(Verdict::failed, "sent again with the same signature", "a timestamp may not be used twice: a repetition is signed anew");
    return conclude(Verdict::passed, "sent again, signed anew", {});
  }
  if (kind_->trick == Trick::reply_lost && same_but_keys(call))
    return conclude(Verdict::failed, "sent again under another number",
                    "the first was carried out: the same transaction must keep its number, or it is done twice");
  constexpr std::size_t enough = 4;
  if (++calls_since_ >= enough)
    conclude(Verdict::failed, std::to_string(calls_since_) + " calls since, none of them that one again", "the client did not come back to it");
}

Play::Result Play::result() const {
  if (verdict_) return *verdict_;
  if (!pulled_) return {Verdict::inconclusive, "not tried", "no call came on which it could be played: it takes a second good call of " + interface_->name};
  if (later_calls_ == 0) return {Verdict::inconclusive, "no further call", "the client sent nothing more before the end"};
  return {Verdict::failed, std::to_string(later_calls_) + " later calls, none of them that one again", "the client did not come back to it"};
}

Tricks::Tricks(const spec::Spec& spec, const std::vector<const Interface*>& interfaces, const std::vector<std::string>& names) {
  for (const TrickKind& kind : trick_kinds()) {
    if (!names.empty() && std::find(names.begin(), names.end(), kind.name) == names.end()) continue;
    for (const Interface* interface : interfaces)
      if (fits(kind.trick, *interface)) plays_.emplace_back(spec, kind, *interface);
  }
}

Play* Tricks::choose(const Call& call) {
  if (std::find(met_.begin(), met_.end(), call.interface) == met_.end()) {
    met_.push_back(call.interface);
    return nullptr;
  }
  const bool busy =
      std::any_of(plays_.begin(), plays_.end(), [&](const Play& play) { return &play.interface() == call.interface && play.pulled() && !play.over(); });
  if (busy) return nullptr;
  const auto next = std::find_if(plays_.begin(), plays_.end(), [&](const Play& play) { return &play.interface() == call.interface && !play.pulled(); });
  return next == plays_.end() ? nullptr : &*next;
}

void Tricks::watch(const Call& call) {
  for (Play& play : plays_) play.watch(call);
}

}  // namespace meterproof::clientcheck
