#include "mockserver/engine.hpp"

#include <algorithm>
#include <charconv>

#include "mockserver/clerk.hpp"
#include "spec/rules/word.hpp"

namespace meterproof::mock {

using spec::Interface;
using spec::ResultRow;
using spec::Text;

Desk::Desk(const spec::Spec& spec, const Interface& of) : interface(&of), sieve(of), keys(world::row_keys(spec, of)) {
  const ResultRow* row = of.result(spec.success);
  success = "{" + spec::quoted(spec.envelope.code) + ":" + std::to_string(spec.success.value) + "," + spec::quoted(spec.envelope.message) + ":" +
            spec::quoted(row == nullptr ? "｜" : row->title.zh + "｜" + row->title.en);
  rows = "," + spec::quoted(spec.envelope.rows) + ":";
  for (const spec::Field& field : of.reply) names.push_back((names.empty() ? "" : ",") + spec::quoted(field.name) + ":");
}

Engine::Engine(const spec::Spec& spec, Settings settings, yaml::WorldRows rows, std::size_t threads)
    : spec_(&spec),
      settings_(std::move(settings)),
      choices_(spec, settings_),
      initial_(std::move(rows)),
      authenticator_(spec, settings_),
      world_(world_of(initial_)),
      deviance_(spec) {
  for (const Interface& interface : spec.interfaces) {
    const Desk& desk = desks_.emplace_back(spec, interface);
    if (interface.sometimes != nullptr) desks_.emplace_back(spec, *interface.sometimes);
    if (settings_.only && *settings_.only != interface.served_by) continue;
    auto route = std::find_if(routes_.begin(), routes_.end(), [&](const Route& one) { return one.path == interface.path; });
    if (route == routes_.end()) route = routes_.insert(routes_.end(), Route{interface.path, {}, {}, 0, {}});
    route->desks.push_back(&desk);
    route->own.push_back(own_fields(spec, interface));
    if (route->usual && interface.request.size() <= route->desks[route->fullest]->interface->request.size()) continue;
    route->fullest = route->desks.size() - 1;
    route->usual.emplace(interface);
  }
  readings_ = [this](std::string_view id) { return choices_.of(id); };
  const std::string rows_form = choices_.of("no-rows");
  no_rows_ = rows_form == "null" ? NoRows::null : rows_form == "absent" ? NoRows::absent : NoRows::empty;
  decimals_as_text_ = choices_.of("decimal-form") == "text";
  strict_types_ = choices_.of("numeric-text") == "refuse";
  own_refusals_ = choices_.of("common-codes") == "own";
  const std::string status = choices_.of("refusal-status");
  if (!status.empty()) std::from_chars(status.data(), status.data() + status.size(), refusal_status_);
  for (std::size_t i = 0; i < threads; ++i) clerks_.push_back(std::make_unique<Clerk>(*this));
}

Engine::~Engine() = default;

world::World Engine::world_of(const yaml::WorldRows& rows) const {
  world::World world(*spec_);
  for (const auto& table : rows.tables)
    for (const auto& row : table.rows) world.put(table.table, row);
  for (std::size_t i = 0; i < rows.fleet_count; ++i)
    for (const auto& table : rows.fleet)
      for (const auto& row : table.rows) {
        auto numbered = row;
        for (auto& [column, text] : numbered) text = spec::serial(text, i);
        world.put(table.table, numbered);
      }
  return world;
}

const Desk& Engine::desk_of(const Interface& interface) const {
  return *std::find_if(desks_.begin(), desks_.end(), [&](const Desk& desk) { return desk.interface == &interface; });
}

void Engine::handle(const wire::HttpParser& request, Time time, http::Response& response, std::size_t thread) {
  clerks_[thread]->handle(request, time, response);
}

std::vector<Entry> Engine::latest(std::size_t count) const {
  std::vector<Entry> out;
  for (const auto& clerk : clerks_) clerk->append_latest(out, count);
  std::sort(out.begin(), out.end(), [](const Entry& a, const Entry& b) { return a.number > b.number; });
  out.resize(std::min(out.size(), count));
  return out;
}

void Engine::handle_broken(const wire::HttpParser& request, http::Response& response) const {
  const Text title = response.status == 413   ? Text{"请求体过大", "the body is too large"}
                     : response.status == 431 ? Text{"请求头过大", "the header is too large"}
                                              : Text{"不是 HTTP/1.1 请求", "this is no HTTP/1.1 request"};
  response.body = "{";
  spec::append_quoted(response.body, spec_->envelope.code);
  const ResultRow* row = spec_->unparsable();
  response.body += ":" + std::to_string(row != nullptr ? row->code.value : 0) + ",";
  spec::append_quoted(response.body, spec_->envelope.message);
  response.body += ":";
  spec::append_quoted(response.body, title.zh + "：" + request.error() + "｜" + title.en + ": " + request.error());
  response.body += "}";
}

}  // namespace meterproof::mock
