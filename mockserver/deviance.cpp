#include "mockserver/deviance.hpp"

namespace meterproof::mockserver {

using core::Interface;
using core::Request;
using core::ServerMutation;
using core::Trigger;

namespace {

/// The customer that a request is about: the owner of the first row that it refers to, or that row itself.
std::string subject_of(const Request& request, const store::DataStore& world) {
  for (std::size_t i = 0; i < request.values.size(); ++i) {
    const auto table = request.interface->request[i].refers;
    if (!table || request[i].empty()) continue;
    const store::Table& store = world.tables()[*table];
    const auto row = store.find(request[i].text);
    for (std::size_t column = 0; row && column < store.table().columns.size(); ++column)
      if (store.table().columns[column].refers) return store.cell(*row, column).to_string();
    return std::string(request[i].text);
  }
  return {};
}

/// Whether a row that the request refers to has an elder beside it, of the same owner.
bool is_second_of_owner(const Request& request, const store::DataStore& world) {
  for (std::size_t i = 0; i < request.values.size(); ++i) {
    const auto table = request.interface->request[i].refers;
    if (!table || request[i].empty()) continue;
    const store::Table& store = world.tables()[*table];
    const auto row = store.find(request[i].text);
    for (std::size_t column = 0; row && column < store.table().columns.size(); ++column) {
      const auto* siblings = store.table().columns[column].refers ? store.find_by(column, store.cell(*row, column).text) : nullptr;
      if (siblings != nullptr && siblings->size() > 1 && siblings->front() != *row) return true;
    }
  }
  return false;
}

}  // namespace

const Interface& MutationHooks::acting_interface(const Request& request, const store::DataStore& world) {
  const Interface& own = *request.interface;
  if (own.sometimes == nullptr) return own;
  bool occurs = false;
  switch (own.trigger) {
    case Trigger::second_call: occurs = served_.count({own.name, subject_of(request, world)}) > 0; break;
    case Trigger::every_third: occurs = ++calls_[own.name] % 3 == 0; break;
    case Trigger::second_of_owner: occurs = is_second_of_owner(request, world); break;
  }
  return occurs ? *own.sometimes : own;
}

void MutationHooks::succeeded(const Request& request, const store::DataStore& world, Time now) {
  // A faithful mock remembers nothing here: its memory must not grow with its customers.
  if (request.interface->sometimes != nullptr) served_.insert({request.interface->name, subject_of(request, world)});
  if (server_mutation_ != ServerMutation::checks_existence_late) return;
  std::erase_if(named_, [&](const auto& one) { return now - one.second >= moment; });
  for (std::size_t i = 0; i < request.values.size(); ++i)
    if (const auto table = request.interface->request[i].names; table && !request[i].empty()) named_.try_emplace({*table, std::string(request[i].text)}, now);
}

const rules::DataLookup& MutationHooks::facts(const store::DataStore& world, Time now) {
  if (server_mutation_ != ServerMutation::checks_existence_late) return world;
  world_ = &world;
  now_ = now;
  return *this;
}

bool MutationHooks::exists(std::size_t table, std::string_view key) const {
  const auto late = named_.find({table, std::string(key)});
  return world_->exists(table, key) && (late == named_.end() || now_ - late->second >= moment);
}

bool MutationHooks::belong_together(std::size_t table, std::string_view key, std::size_t other_table, std::string_view other_key) const {
  return world_->belong_together(table, key, other_table, other_key);
}

bool MutationHooks::in_state(std::size_t table, std::string_view key, const core::State& state) const { return world_->in_state(table, key, state); }

void MutationHooks::swap_rows(const Interface& interface, store::ResultSet& outcome, Time now) {
  if (server_mutation_ == ServerMutation::one_row_only) outcome.keep_rows(1);
  if (server_mutation_ != ServerMutation::rows_of_another || !outcome.has_rows) return;
  auto& [when, before] = shown_[interface.name];
  const bool at_once = before.has_rows && now - when < moment;
  store::ResultSet own = outcome;
  if (at_once) outcome = before;
  before = std::move(own);
  when = now;
}

void MutationHooks::encode_latin1(std::string& body) {
  std::string out;
  for (const char c : body)
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) out += (static_cast<unsigned char>(c) & 0x80U) != 0 ? '\xE9' : c;
  body = std::move(out);
}

}  // namespace meterproof::mockserver
