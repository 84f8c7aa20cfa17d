// SPDX-License-Identifier: Apache-2.0
#include "mockserver/mock_state.hpp"

#include <algorithm>

#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "core/rules/rule_kind.hpp"
#include "core/text/json_text.hpp"
#include "core/text/text.hpp"
#include "mockserver/bad_request.hpp"
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
      authenticator_(spec, options_, hooks),
      index_(spec, options_),
      log_(LogRedactor(spec, options_.apps)),
      worlds_(store_from(initial_), options_.apps, options_.worlds_per_app) {
  for (const Interface& interface : spec.interfaces) {
    const CompiledInterface& endpoint = endpoints_.emplace_back(spec, interface);
    if (options_.only && *options_.only != interface.served_by) continue;
    auto route = std::find_if(routes_.begin(), routes_.end(), [&](const Route& one) { return one.path == interface.path; });
    if (route == routes_.end()) route = routes_.insert(routes_.end(), Route{interface.path, {}, {}, 0, {}});
    route->endpoints.push_back(&endpoint);
    route->discriminating_fields.push_back(own_fields(spec, interface));
    if (route->ordered_parser && interface.request.size() <= route->endpoints[route->widest]->interface->request.size()) continue;
    route->widest = route->endpoints.size() - 1;
    route->ordered_parser.emplace(interface);
  }
  for (const Interface* replacement : hooks_.replacements()) endpoints_.emplace_back(spec, *replacement);
  interpretations_ = [this](std::string_view id) { return readings()->choice.of(id); };
  for (std::size_t i = 0; i < threads; ++i) handlers_.push_back(std::make_unique<RequestHandler>(*this));
}

MockState::~MockState() = default;

void MockState::answer_questions(Readings::Answers answers) {
  auto next = std::make_shared<const Readings>(*spec_, std::move(answers));
  authenticator_.read_as(next->choice);
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
    if (used.timestamp - local <= options_.tolerance) authenticator_.remember(used);
  file_ = &file;
  for (const auto& handler : handlers_) handler->record_turns(file.keeps_requests());
  StoreFile::Turn all;                                                 // what the file does not have yet
  if (!worlds_.are_per_app()) all.worlds.push_back(&worlds_.first());  // an app's world comes in when it is first called
  std::string error;
  if (file.write(all, worlds_, local, replay_memory(), error) == StoreFile::Written::failed)
    throw i18n::MessageError(i18n::msg<"store.cannot-open">(file.path(), error));
}

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
