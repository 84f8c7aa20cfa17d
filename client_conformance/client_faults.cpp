// SPDX-License-Identifier: Apache-2.0
#include "client_conformance/client_faults.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/decimal/decimal.hpp"
#include "core/i18n/message.hpp"

namespace meterproof::client_conformance {

using core::Field;
using core::Interface;
using i18n::Message;
using i18n::msg;
using reports::Verdict;

const std::vector<ClientFaultKind>& client_fault_kinds() {
  static const std::vector<ClientFaultKind> all = {
      {ClientFault::timestamp_refused,
       "timestamp-refused",
       {"时间戳被拒绝一次后，应以新时间戳重新签名再发", "a call whose timestamp was refused is sent again, signed anew"}},
      {ClientFault::reply_lost, "reply-lost", {"应答丢失后重发须用同一流水号并重新签名", "after a lost reply the same transaction is sent again, signed anew"}},
      {ClientFault::report_refused, "report-refused", {"上报被答复 0（失败）后应再次上报", "a report that was answered with a failure is sent again"}},
      {ClientFault::order_given, "order-given", {"应答中的控阀指令须在下次上报中体现", "what a reply orders shows in the next report"}},
      {ClientFault::warning_given, "warning-given", {"应答中的预警关阀指令须在下次上报中体现", "an order to close after a warning shows in the next report"}},
      {ClientFault::several_rows, "several-rows", {"应答有多行时只采用本表的一行", "of a reply with several rows, a meter takes its own"}},
      {ClientFault::price_changed,
       "price-changed",
       {"应答中的单价变化后，用户余额按新单价计算", "once a reply has another unit price, the balance is reckoned with it"}},
  };
  return all;
}

namespace {

bool names_something(const Interface& interface) {
  return std::any_of(interface.request.begin(), interface.request.end(), [](const Field& field) { return field.names.has_value(); });
}

/// A call that may be repeated without harm, because its key says that it is the same one.
bool is_recorded_once(const Interface& interface) {
  return names_something(interface) && std::any_of(interface.open_questions.begin(), interface.open_questions.end(), [&](const core::OpenQuestion& question) {
           return question.must_not_change && question.when && question.when->operands.size() == 1 &&
                  interface.request[question.when->operands[0].field].names.has_value() && interface.served_by == core::Role::platform &&
                  std::none_of(interface.request.begin(), interface.request.end(), [](const Field& field) { return field.names && field.refers; });
         });
}

bool obeys_anything(const Interface& interface) {
  return std::any_of(interface.request.begin(), interface.request.end(), [](const Field& field) { return !field.obeys.empty(); });
}

/// Orders that lead to a state to which an order before them leads, too: a warning that goes before.
bool is_another_way(const Field& field, std::size_t order) {
  const auto& all = field.obeys_map;
  return std::any_of(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(order), [&](const auto& one) { return one.second == all[order].second; });
}

bool has_warning(const Interface& interface) {
  return std::any_of(interface.request.begin(), interface.request.end(), [](const Field& field) {
    for (std::size_t i = 0; i < field.obeys_map.size(); ++i)
      if (is_another_way(field, i)) return true;
    return false;
  });
}

/// The reply's field that repeats a key of the request; null where none does.
const Field* echo_of(const Interface& interface) {
  const auto found = std::find_if(interface.reply.begin(), interface.reply.end(), [](const Field& field) { return field.echoes.has_value(); });
  return found == interface.reply.end() ? nullptr : &*found;
}

/// How the load generator reckons the balance that a device shows; null where the interface has none.
const core::FieldGenerator* balance_of(const Interface& interface) {
  const auto found = std::find_if(interface.generators.begin(), interface.generators.end(),
                                  [](const core::FieldGenerator& one) { return one.kind == core::FieldGenerator::Kind::balance && !one.at.empty(); });
  return found == interface.generators.end() ? nullptr : &*found;
}

bool is_key(const Field& field) { return field.refers.has_value() || field.names.has_value(); }

}  // namespace

bool fits(ClientFault fault, const Interface& interface) {
  switch (fault) {
    case ClientFault::timestamp_refused: return true;
    case ClientFault::reply_lost: return is_recorded_once(interface);
    case ClientFault::report_refused: return interface.refusal.has_value();
    case ClientFault::order_given: return obeys_anything(interface);
    case ClientFault::warning_given: return has_warning(interface);
    case ClientFault::several_rows: return obeys_anything(interface) && echo_of(interface) != nullptr;
    case ClientFault::price_changed: return balance_of(interface) != nullptr;
  }
  return false;
}

void ActiveFault::remember(const ClientCall& call) {
  injected_ = is_involved_ = true;
  authorization_ = call.authorization;
  values_.clear();
  for (const core::Value& value : call.request->values) values_.emplace_back(value.kind, std::string(value.text));
}

/// Without a key that it names itself, a call is about the same where it refers to the same rows.
bool ActiveFault::same_keys(const ClientCall& call) const {
  for (std::size_t i = 0; i < values_.size(); ++i)
    if (is_key(interface_->request[i]) && (*call.request)[i].text != values_[i].second) return false;
  return true;
}

bool ActiveFault::same_but_keys(const ClientCall& call) const {
  for (std::size_t i = 0; i < values_.size(); ++i)
    if (!interface_->request[i].names && (*call.request)[i].text != values_[i].second) return false;
  return true;
}

namespace {

void answer_with(const core::Spec& spec, core::Code code, const std::string& message, net::Response& response) {
  nlohmann::ordered_json body;
  body[spec.envelope.code] = code.value;
  body[spec.envelope.message] = message;
  response.body = body.dump();
}

}  // namespace

bool ActiveFault::suits(const ClientCall& call) const {
  if (kind_->fault != ClientFault::warning_given) return true;
  for (std::size_t i = 0; i < interface_->request.size(); ++i) {
    const Field& field = interface_->request[i];
    for (std::size_t k = 0; k < field.obeys_map.size(); ++k)
      if (is_another_way(field, k) && !(*call.request)[i].is(field.obeys_map[k].second)) return true;
  }
  return false;
}

bool ActiveFault::before(const ClientCall& call, net::Response& response) {
  if (kind_->fault == ClientFault::timestamp_refused) {
    const core::ResultRow* row = spec_->answering(core::SignatureError::timestamp_repeated);
    if (row == nullptr) return false;
    remember(call);
    answer_with(*spec_, row->code, row->title.zh, response);
    return true;
  }
  if (kind_->fault == ClientFault::report_refused) {
    remember(call);
    const core::ResultRow* row = spec_->row(*interface_, *interface_->refusal);
    answer_with(*spec_, *interface_->refusal, row == nullptr ? "" : row->title.zh, response);
    return true;
  }
  return false;
}

void ActiveFault::after(const ClientCall& call, net::Response& response) {
  if (kind_->fault == ClientFault::reply_lost) {
    remember(call);
    response.fault = net::ResponseFault::reset;
  }
  if (kind_->fault == ClientFault::order_given || kind_->fault == ClientFault::warning_given) inject_order(call, response);
  if (kind_->fault == ClientFault::several_rows) inject_row(call, response);
  if (kind_->fault == ClientFault::price_changed) inject_price(call, response);
}

namespace {

/// The reply with its rows; nothing where it has none.
std::optional<nlohmann::ordered_json> reply_with_rows(const core::Envelope& envelope, const net::Response& response) {
  auto reply = nlohmann::ordered_json::parse(response.body, nullptr, false);
  if (!reply.is_object() || !reply.contains(envelope.rows)) return std::nullopt;
  const auto& rows = reply[envelope.rows];
  const bool usable = rows.is_array() && !rows.empty() && rows[0].is_object();
  return usable ? std::optional(std::move(reply)) : std::nullopt;
}

std::optional<core::Decimal> number_in(const nlohmann::ordered_json& row, const std::string& name) {
  const auto found = row.find(name);
  return found != row.end() && found->is_number() ? core::Decimal::parse_rounded(found->dump()) : std::nullopt;
}

}  // namespace

/// The reply is made to order what is not so yet.
void ActiveFault::inject_order(const ClientCall& call, net::Response& response) {
  auto changed = reply_with_rows(spec_->envelope, response);
  if (!changed) return;
  auto& reply = *changed;
  for (std::size_t i = 0; i < interface_->request.size(); ++i) {
    const Field& field = interface_->request[i];
    if (field.obeys.empty()) continue;
    const auto about = std::find_if(interface_->reply.begin(), interface_->reply.end(), [&](const Field& one) { return one.name == field.obeys; });
    if (about == interface_->reply.end()) continue;
    for (std::size_t k = 0; k < field.obeys_map.size(); ++k) {
      const auto& [order, state] = field.obeys_map[k];
      if ((*call.request)[i].is(state) || (kind_->fault == ClientFault::warning_given) != is_another_way(field, k)) continue;
      auto value = nlohmann::ordered_json::parse(core::raw_value(*about, order), nullptr, false);
      if (value.is_discarded()) continue;  // a word where the reply has a number: no client could read it
      remember(call);
      ordered_field_ = i;
      ordered_ = state;
      reply[spec_->envelope.rows][0][field.obeys] = std::move(value);
      response.body = reply.dump();
      return;
    }
  }
}

/// A row of another meter stands before the meter's own, and orders what that does not.
void ActiveFault::inject_row(const ClientCall& call, net::Response& response) {
  auto reply = reply_with_rows(spec_->envelope, response);
  const Field* const echo = echo_of(*interface_);
  if (!reply || echo == nullptr) return;
  auto& rows = (*reply)[spec_->envelope.rows];
  auto other = rows[0];
  if (!other.contains(echo->name) || !other[echo->name].is_string()) return;
  other[echo->name] = other[echo->name].get<std::string>() + "9";
  for (std::size_t i = 0; i < interface_->request.size(); ++i) {
    const Field& field = interface_->request[i];
    const auto about = std::find_if(interface_->reply.begin(), interface_->reply.end(), [&](const Field& one) { return one.name == field.obeys; });
    if (field.obeys.empty() || about == interface_->reply.end() || !other.contains(field.obeys)) continue;
    for (const auto& [order, state] : field.obeys_map) {
      auto value = nlohmann::ordered_json::parse(core::raw_value(*about, order), nullptr, false);
      if ((*call.request)[i].is(state) || value.is_discarded() || value == other[field.obeys]) continue;
      remember(call);
      ordered_field_ = i;
      ordered_ = state;
      other[field.obeys] = std::move(value);
      rows.insert(rows.begin(), std::move(other));
      response.body = reply->dump();
      return;
    }
  }
}

/// The reply tells a price that is higher by one.
void ActiveFault::inject_price(const ClientCall& call, net::Response& response) {
  auto reply = reply_with_rows(spec_->envelope, response);
  const core::FieldGenerator* const balance = balance_of(*interface_);
  if (!reply || balance == nullptr) return;
  auto& row = (*reply)[spec_->envelope.rows][0];
  const auto told = number_in(row, balance->told), price = number_in(row, balance->at);
  const auto higher = price ? core::Decimal::add(*price, core::Decimal(1, 0)) : std::nullopt;
  if (!told || *told <= core::Decimal() || !higher) return;
  remember(call);
  told_ = told->to_string();
  price_ = higher->to_string();
  row[balance->at] = nlohmann::ordered_json::parse(price_);
  response.body = reply->dump();
}

void ActiveFault::conclude(Verdict verdict, Message observed, Message reason) { verdict_ = Result{verdict, std::move(observed), std::move(reason)}; }

/// Whether the call is a query that would show whether the lost one was recorded: of such rows, by its number or by the rows that it was about.
bool ActiveFault::asks_for_it(const ClientCall& call) const {
  const auto& steps = call.interface->effects;
  const bool shows_such_rows = std::any_of(steps.begin(), steps.end(), [&](const core::Step& step) {
    return step.kind == core::Step::Kind::find &&
           std::any_of(interface_->request.begin(), interface_->request.end(), [&](const Field& field) { return field.names == step.find.table; });
  });
  if (call.interface == interface_ || call.interface->reply.empty() || !shows_such_rows) return false;
  bool any = false;
  for (std::size_t i = 0; i < call.interface->request.size(); ++i) {
    const Field& asked = call.interface->request[i];
    if (!is_key(asked) || (*call.request)[i].empty()) continue;
    const auto same = [&](std::size_t k) {
      const Field& lost = interface_->request[k];
      return is_key(lost) && (lost.names ? lost.names : lost.refers) == (asked.refers ? asked.refers : asked.names) &&
             values_[k].second == (*call.request)[i].text;
    };
    bool found = false;
    for (std::size_t k = 0; k < values_.size() && !found; ++k) found = same(k);
    if (!found) return false;
    any = true;
  }
  return any;
}

/// A meter may sleep: what it was told shows in one of its next reports.
bool ActiveFault::watch_order(const ClientCall& call) {
  if (!same_keys(call)) return false;
  const std::string& name = interface_->request[ordered_field_].name;
  Message shown = i18n::verbatim(name + " " + std::string((*call.request)[ordered_field_].text));
  if ((*call.request)[ordered_field_].is(ordered_)) {
    conclude(Verdict::passed, std::move(shown), {});
    return true;
  }
  disobeyed_ = (*call.request)[ordered_field_].text;
  return false;
}

/// The next report shows whether the order of the other meter's row was followed.
bool ActiveFault::watch_other_row(const ClientCall& call) {
  if (!same_keys(call)) return false;
  const std::string& name = interface_->request[ordered_field_].name;
  Message shown = i18n::verbatim(name + " " + std::string((*call.request)[ordered_field_].text));
  if ((*call.request)[ordered_field_].is(ordered_)) conclude(Verdict::warned, std::move(shown), msg<"client.other-row-followed">(echo_of(*interface_)->name));
  else conclude(Verdict::passed, std::move(shown), {});
  return true;
}

/// The next report in which the counter has grown shows what a unit cost.
bool ActiveFault::watch_price(const ClientCall& call) {
  if (!same_keys(call)) return false;
  const core::FieldGenerator& balance = *balance_of(*interface_);
  const auto at = static_cast<std::size_t>(&balance - interface_->generators.data());
  const auto before = core::Decimal::parse(values_[balance.of].second), now = core::Decimal::parse((*call.request)[balance.of].text);
  const auto shown = core::Decimal::parse((*call.request)[at].text), told = core::Decimal::parse(told_), price = core::Decimal::parse(price_);
  const auto used = before && now ? core::Decimal::subtract(*now, *before) : std::nullopt;
  if (!used || *used <= core::Decimal() || !shown) return false;
  const auto cost = core::Decimal::multiply(*used, *price);
  const auto due = cost ? core::Decimal::subtract(*told, *cost) : std::nullopt;
  const auto off = due ? core::Decimal::subtract(*shown, *due) : std::nullopt;
  const bool follows = off && *off <= core::Decimal(2, 2) && *off >= core::Decimal(-2, 2);  // how it is rounded is not stated
  const std::string& name = interface_->request[at].name;
  Message seen = i18n::verbatim(name + " " + shown->to_string());
  if (follows || !due) conclude(Verdict::passed, std::move(seen), {});
  else conclude(Verdict::warned, std::move(seen), msg<"client.price-not-followed">(name, due->to_string(), price_));
  return true;
}

void ActiveFault::note_accepted(const ClientCall& call) {
  if (injected_ || call.interface != interface_ || call.request == nullptr) return;
  constexpr std::size_t most_before = 1000;
  std::string key, rest;
  for (std::size_t i = 0; i < interface_->request.size(); ++i) (interface_->request[i].names ? key : rest) += std::string((*call.request)[i].text) + "\n";
  const auto [known, is_new] = before_.size() < most_before ? before_.try_emplace(rest, key) : std::pair(before_.find(rest), false);
  if (!is_new && known != before_.end() && known->second != key) says_the_same_ = true;
}

bool ActiveFault::watch(const ClientCall& call) {
  is_involved_ = false;
  if (!injected_ || verdict_ || call.request == nullptr) return false;
  is_involved_ = is_answer(call);
  return is_involved_;
}

bool ActiveFault::is_answer(const ClientCall& call) {
  const bool lost = kind_->fault == ClientFault::reply_lost;
  if (lost && asks_for_it(call)) {
    asked_by_ = call.interface->name;
    return true;
  }
  if (call.interface != interface_) return false;
  switch (kind_->fault) {
    case ClientFault::order_given:
    case ClientFault::warning_given: return watch_order(call);
    case ClientFault::several_rows: return watch_other_row(call);
    case ClientFault::price_changed: return watch_price(call);
    default: break;
  }
  if (same_keys(call)) {
    if (call.authorization == authorization_) conclude(Verdict::failed, msg<"client.sent-again-same-signature">(), msg<"client.timestamp-used-twice">());
    else conclude(Verdict::passed, msg<"client.sent-again">(), {});
    return true;
  }
  if (names_something(*interface_) && same_but_keys(call)) {  // another number: of a call that was carried out it is a second one
    if (!lost) conclude(Verdict::passed, msg<"client.sent-again-other-number">(), {});
    else if (says_the_same_) conclude(Verdict::warned, msg<"client.sent-again-other-number">(), msg<"client.number-cannot-be-told">());
    else conclude(Verdict::failed, msg<"client.sent-again-other-number">(), msg<"client.must-keep-number">());
    return true;
  }
  ++calls_since_;
  return false;
}

void ActiveFault::note_exchange(const reports::SentRecord& sent, const reports::ReplyRecord& reply) {
  if (!is_involved_ || steps_.size() >= most_steps) return;
  is_involved_ = false;
  steps_.push_back({sent, reply, {}, {}, {}});
}

ActiveFault::Result ActiveFault::result() const {
  if (verdict_) return *verdict_;
  if (!asked_by_.empty()) return {Verdict::passed, msg<"client.asked-first">(asked_by_), {}};
  if (!injected_) return {Verdict::inconclusive, msg<"client.not-tried">(), msg<"client.needs-second-call">(interface_->name)};
  if (kind_->fault == ClientFault::several_rows || kind_->fault == ClientFault::price_changed)
    return {Verdict::inconclusive, msg<"client.not-seen">(), msg<"client.no-next-report">()};
  if (kind_->fault == ClientFault::order_given || kind_->fault == ClientFault::warning_given) {
    const std::string& name = interface_->request[ordered_field_].name;
    if (disobeyed_.empty()) return {Verdict::inconclusive, msg<"client.not-seen">(), msg<"client.no-next-report">()};
    return {Verdict::warned, i18n::verbatim(name + " " + disobeyed_), msg<"client.order-not-followed">(name, ordered_)};
  }
  if (calls_since_ == 0) return {Verdict::inconclusive, msg<"client.no-further-call">(), msg<"client.sent-nothing-more">()};
  return {Verdict::warned, msg<"client.calls-since">(calls_since_), msg<"client.did-not-return">()};
}

ClientFaults::ClientFaults(const core::Spec& spec, const std::vector<const Interface*>& interfaces, const std::vector<std::string>& names) {
  for (const ClientFaultKind& kind : client_fault_kinds()) {
    if (!names.empty() && std::find(names.begin(), names.end(), kind.name) == names.end()) continue;
    for (const Interface* interface : interfaces)
      if (fits(kind.fault, *interface)) active_.emplace_back(spec, kind, *interface);
  }
}

ActiveFault* ClientFaults::choose(const ClientCall& call) {
  if (std::find(met_.begin(), met_.end(), call.interface) == met_.end()) {
    met_.push_back(call.interface);
    return nullptr;
  }
  if (std::any_of(active_.begin(), active_.end(), [&](const ActiveFault& one) { return one.is_about_same(call) && one.over(); }) &&
      names_something(*call.interface))
    return nullptr;
  const bool busy = std::any_of(active_.begin(), active_.end(), [&](const ActiveFault& active_fault) {
    return &active_fault.interface() == call.interface && active_fault.injected() && !active_fault.over();
  });
  if (busy) return nullptr;
  const auto next = std::find_if(active_.begin(), active_.end(),
                                 [&](const ActiveFault& one) { return &one.interface() == call.interface && !one.injected() && one.suits(call); });
  return next == active_.end() ? nullptr : &*next;
}

bool ClientFaults::watch(const ClientCall& call) {
  bool answers = false;
  for (ActiveFault& active_fault : active_) answers = active_fault.watch(call) || answers;
  return answers;
}

void ClientFaults::note_accepted(const ClientCall& call) {
  for (ActiveFault& active_fault : active_) active_fault.note_accepted(call);
}

void ClientFaults::note_exchange(const reports::SentRecord& sent, const reports::ReplyRecord& reply) {
  for (ActiveFault& active_fault : active_) active_fault.note_exchange(sent, reply);
}

}  // namespace meterproof::client_conformance
