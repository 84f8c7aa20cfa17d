// SPDX-License-Identifier: Apache-2.0
#include "mockserver/mock_state.hpp"

#include <algorithm>

#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "core/rules/rule_kind.hpp"
#include "core/store/own_row.hpp"
#include "core/text/json_text.hpp"
#include "core/text/text.hpp"
#include "mockserver/bad_request.hpp"
#include "mockserver/meter_life.hpp"
#include "mockserver/request_handler.hpp"

namespace meterproof::mockserver {

using core::Interface;
using core::ResultRow;

CompiledInterface::CompiledInterface(const core::Spec& spec, const Interface& of) : interface(&of), rule_index(of), keys(store::row_keys(spec, of)) {
  const ResultRow* row = of.result(spec.success);
  success = "{" + core::quoted(spec.envelope.code) + ":" + std::to_string(spec.success.value) + "," + core::quoted(spec.envelope.message) + ":" +
            core::quoted(row == nullptr ? "｜" : row->title.zh + "｜" + row->title.en);
  rows = "," + core::quoted(spec.envelope.rows) + ":";
  using Kind = core::Value::Kind;
  for (const core::Field& field : of.request) exchanged_kinds.push_back(field.type == core::Type::text ? Kind::number : Kind::text);
  for (const core::OpenQuestion& question : of.open_questions)
    if (question.places) places_question = &question;
  for (const core::Field& field : of.reply) names.push_back((names.empty() ? "" : ",") + core::quoted(field.name) + ":");
}

MockState::MockState(const core::Spec& spec, MockOptions options, loader::Fixtures rows, std::size_t threads, mutation::MutationHooks& hooks)
    : spec_(&spec),
      options_(std::move(options)),
      initial_(std::move(rows)),
      hooks_(hooks),
      readings_(std::make_shared<Readings>(spec, options_.interpretations)),
      authenticator_(std::make_unique<Authenticator>(spec, options_, hooks)),
      index_(spec, options_),
      log_(LogRedactor(spec, options_.apps)),
      worlds_(store_from(initial_), options_.apps, options_.worlds_per_app, threads) {
  for (const auth::App& app : options_.apps) known_apps_.emplace(app.id, app.secret);
  compile();
  for (const Interface* replacement : hooks_.replacements()) endpoints_.emplace_back(spec, *replacement);
  interpretations_ = [this](std::string_view id) { return readings()->choice.of(id); };
  for (std::size_t i = 0; i < threads; ++i) handlers_.push_back(std::make_unique<RequestHandler>(*this, i));
}

MockState::~MockState() = default;

void MockState::compile() {
  const auto own_rows = store::keys_of_own_rows(*spec_);
  for (std::size_t i = 0; i < spec_->interfaces.size(); ++i) {
    const Interface& interface = spec_->interfaces[i];
    CompiledInterface& endpoint = endpoints_.emplace_back(*spec_, interface);
    if (&hooks_ == &mutation::MutationHooks::faithful()) endpoint.own_row = own_rows[i];
    if (options_.only && *options_.only != interface.served_by) continue;
    auto route = std::find_if(routes_.begin(), routes_.end(), [&](const Route& one) { return one.path == interface.path; });
    if (route == routes_.end()) route = routes_.insert(routes_.end(), Route{interface.path, {}, {}, 0, {}});
    route->endpoints.push_back(&endpoint);
    route->discriminating_fields.push_back(own_fields(*spec_, interface));
    if (route->ordered_parser && interface.request.size() <= route->endpoints[route->widest]->interface->request.size()) continue;
    route->widest = route->endpoints.size() - 1;
    route->ordered_parser.emplace(interface);
  }
}

i18n::Message MockState::why_not(const core::Spec& next, const std::vector<auth::App>& apps) const {
  for (const auth::App& app : apps)
    if (worlds_.are_per_app() && !worlds_.has(app.id) && worlds_.is_snapshot(app.id)) return i18n::msg<"reload.snapshot">(app.id);
  const auto columns = [](const core::Spec& spec) {
    auto out = store::indexed_columns(spec);
    for (auto& one : out) std::sort(one.begin(), one.end());
    return out;
  };
  return next.tables == spec_->tables && columns(next) == columns(*spec_) ? i18n::Message() : i18n::msg<"reload.tables">();
}

void MockState::inject(std::vector<InjectedFault> faults) {
  const std::lock_guard lock(faults_mutex_);
  for (const std::string& id : renewed_faults_) (void)faults_.remove(id);
  renewed_faults_.clear();
  for (InjectedFault& fault : faults)
    if (faults_.add(*spec_, std::move(fault)).empty()) renewed_faults_.push_back(faults_.active().back().id);
  has_faults_ = !faults_.active().empty();
}

void MockState::renew(core::Spec& spec, Renewal renewal, Time now) {
  const core::DateTime wall = local_time(now);
  // What can fail comes first.
  std::vector<StoreFile::LaterWorld> later;
  std::vector<UsedTimestamp> used;
  if (file_ != nullptr && worlds_.are_per_app()) later = file_->read_later(renewal.apps, store_from(initial_));
  if (file_ != nullptr) used = file_->used_since(wall + -renewal.tolerance);
  std::swap(spec.tables, renewal.spec.tables);  // the rows know where they lie
  std::swap(spec, renewal.spec);                // the handlers tell of the old one's interfaces until they are replaced
  MockOptions next = options_;
  next.apps = std::move(renewal.apps);
  next.meters = std::move(renewal.meters);
  next.utc_offset = renewal.utc_offset;
  next.tolerance = renewal.tolerance;
  std::swap(options_, next);
  std::unique_ptr<Authenticator> authenticator;
  try {
    authenticator = std::make_unique<Authenticator>(spec, options_, hooks_);
  } catch (...) {
    std::swap(options_, next);
    std::swap(spec, renewal.spec);
    std::swap(spec.tables, renewal.spec.tables);
    throw;
  }
  authenticator->remember_all(*authenticator_);
  for (const UsedTimestamp& one : used)
    if (one.timestamp - wall <= options_.tolerance) authenticator->remember(one);
  authenticator_ = std::move(authenticator);
  routes_.clear();
  endpoints_.clear();
  compile();
  MockOptions known;  // answers to questions that are still asked
  for (const auto& [question, answer] : readings()->answers) (void)apply_interpretation(known, spec, question + "=" + answer);
  answer_questions(std::move(known.interpretations));
  index_ = IndexPage(spec, options_);
  for (const auth::App& app : options_.apps) known_apps_.emplace(app.id, app.secret);
  std::vector<auth::App> known_apps;
  for (const auto& [id, secret] : known_apps_) known_apps.push_back({id, secret});
  log_.redact_as(LogRedactor(spec, known_apps));
  worlds_.serve(options_.apps);
  for (StoreFile::LaterWorld& one : later) {
    World& world = *worlds_.find(one.name);
    if (one.content.calendar.is_own()) one.content.calendar.aim(one.content.calendar.now(), wall);
    replace_content(world, std::move(one.content));
    world.is_new = false;
    file_->has_world(one.name);
  }
  {
    const std::lock_guard lock(faults_mutex_);
    faults_.renew(spec);
  }
  inject(std::move(renewal.faults));
  for (std::size_t i = 0; i < handlers_.size(); ++i) {
    auto fresh = std::make_unique<RequestHandler>(*this, i);
    fresh->take_over(*handlers_[i]);
    handlers_[i] = std::move(fresh);
  }
}

void MockState::answer_questions(Readings::Answers answers) {
  auto next = std::make_shared<const Readings>(*spec_, std::move(answers));
  authenticator_->read_as(next->choice);
  {
    const std::lock_guard lock(readings_mutex_);
    std::swap(readings_, next);
  }
  readings_version_.fetch_add(1, std::memory_order_release);
}

store::DataStore MockState::store_from(const loader::Fixtures& rows) const {
  store::DataStore store(*spec_, store::DataStore::default_row_limit, hooks_.store_interceptor());
  for (const auto& table : rows.tables)
    for (const auto& row : table.rows) store.put(table.table, row);
  for (std::size_t i = 0; i < rows.generated_count; ++i)
    for (const auto& table : rows.generated_rows)
      for (const auto& row : table.rows) {
        auto numbered = row;
        for (auto& [column, text] : numbered) text = core::format_number_pattern(text, i);
        store.put(table.table, numbered);
      }
  return store;
}

const CompiledInterface& MockState::endpoint_of(const Interface& interface) const {
  return *std::find_if(endpoints_.begin(), endpoints_.end(), [&](const CompiledInterface& endpoint) { return endpoint.interface == &interface; });
}

void MockState::keep_in(StoreFile& file, Time now) {
  file.load(worlds_);
  const core::DateTime local = core::local_time(now, options_.utc_offset);
  worlds_.resume(local, options_.calls);
  for (const UsedTimestamp& used : file.used_since(local + -options_.tolerance))
    if (used.timestamp - local <= options_.tolerance) authenticator_->remember(used);
  file_ = &file;
  for (const auto& handler : handlers_) handler->record_turns(file.keeps_requests());
  StoreFile::Turn all;                                                 // what the file does not have yet
  if (!worlds_.are_per_app()) all.worlds.push_back(&worlds_.first());  // an app's world comes in when it is first called
  std::string error;
  if (file.write(all, worlds_, local, replay_memory(), error) == StoreFile::Written::failed)
    throw i18n::MessageError(i18n::msg<"store.cannot-open">(file.path(), error));
}

void MockState::reach_present(Time now) {
  const core::DateTime wall = local_time(now);
  MeterLife life(*spec_, options_.meters, interpretations_, options_.calls);
  for (std::size_t i = 0; i < worlds_.size(); ++i) {
    bool is_own = false;
    worlds_.look_at(i, [&](const store::DataStore&, const Calendar& calendar) { is_own = calendar.is_own(); });
    if (!is_own) continue;
    World& world = worlds_[i];
    const std::lock_guard lock(world.mutex);
    life.catch_up(world.calendar, world.store, wall, MeterLife::most_by_admin);
    handlers_.front()->turn().worlds.push_back(&world);
  }
}

void MockState::count_failed_handshake() { handlers_.front()->count_other("tls-failed"); }

void MockState::on_store_failure(std::function<void(const std::string& why)> failed, std::function<void()> recovered) {
  on_keeping_failed_ = std::move(failed);
  on_keeping_recovered_ = std::move(recovered);
}

bool MockState::end_turn(std::size_t thread, Time now) {
  if (file_ == nullptr) return true;
  StoreFile::Turn& turn = handlers_[thread]->turn();
  std::string error;
  const auto begin = std::chrono::steady_clock::now();
  const core::DateTime local = core::local_time(now, options_.utc_offset);
  const StoreFile::Written written = file_->write(turn, worlds_, local, replay_memory(), error);
  if (written == StoreFile::Written::nothing) return true;
  const bool kept = written == StoreFile::Written::all;
  keeping_took_ += std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count();
  ++(kept ? kept_turns_ : lost_turns_);
  if (kept) {
    turn.worlds.clear();
    turn.used.clear();
    turn.requests.clear();
    turn.clears_requests = false;
  } else {
    turn.requests.clear();  // they were not answered
    // The others come again with the next turn, and more of them.
    std::sort(turn.worlds.begin(), turn.worlds.end());
    turn.worlds.erase(std::unique(turn.worlds.begin(), turn.worlds.end()), turn.worlds.end());
    std::erase_if(turn.used, [&](const UsedTimestamp& one) { return one.timestamp < local + -replay_memory(); });
  }
  const bool failed_before = keeping_fails_.exchange(!kept);
  if (!kept && !failed_before && on_keeping_failed_) on_keeping_failed_(error);
  if (kept && failed_before && on_keeping_recovered_) on_keeping_recovered_();
  return kept;
}

void MockState::keep_first_world(Time now) {
  if (file_ == nullptr) return;
  StoreFile::Turn turn;
  turn.worlds.push_back(&worlds_.first());
  std::string error;  // what cannot be kept comes again with the next turn
  file_->write(turn, worlds_, local_time(now), replay_memory(), error);
}

void MockState::handle(const net::HttpParser& request, const net::Arrival& arrival, net::Response& response, std::size_t thread) {
  handlers_[thread]->handle(request, arrival, response);
}

std::vector<LogEntry> MockState::latest(std::size_t count) const {
  std::vector<LogEntry> out;
  for (const auto& handler : handlers_) handler->append_latest(out, count);
  std::sort(out.begin(), out.end(), [](const LogEntry& a, const LogEntry& b) { return a.number > b.number; });
  out.resize(std::min(out.size(), count));
  return out;
}

void MockState::handle_bad_request(const net::HttpParser& request, net::Response& response, const net::Arrival& arrival, std::size_t thread) {
  const BadRequest bad = explain_bad_request(request, response.status, arrival.ended);
  const ResultRow* row = spec_->unparsable();
  const int code = row != nullptr ? row->code.value : 0;
  if (response.status != 0) {
    response.body = "{";
    core::append_quoted(response.body, spec_->envelope.code);
    response.body += ":" + std::to_string(code) + ",";
    core::append_quoted(response.body, spec_->envelope.message);
    response.body += ":";
    core::append_quoted(response.body, bad.title.zh + "：" + bad.why.zh + "｜" + bad.title.en + ": " + bad.why.en);
    response.body += "}";
  }
  handlers_[thread]->log_bad_request(request, bad, code, response, arrival);
}

}  // namespace meterproof::mockserver
