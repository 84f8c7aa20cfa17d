// The mock server without its sockets: a parsed request and the time in, a reply out.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "http/listener.hpp"
#include "mockserver/authenticator.hpp"
#include "mockserver/deviance.hpp"
#include "mockserver/faults.hpp"
#include "mockserver/journal.hpp"
#include "mockserver/settings.hpp"
#include "spec/wire/http_parser.hpp"
#include "spec/wire/json_request.hpp"
#include "spec/world/world.hpp"
#include "spec/yaml/loader.hpp"

namespace meterproof::mock {

class Engine {
 public:
  using Time = std::chrono::system_clock::time_point;

  /// `spec` must outlive the engine. `rows` is the world that it begins with, and returns to.
  Engine(const spec::Spec& spec, Settings settings, yaml::WorldRows rows);

  void handle(const wire::HttpParser& request, Time now, http::Response& response);
  /// What is no HTTP, or too large: `response.status` says which.
  void handle_broken(const wire::HttpParser& request, http::Response& response);

  Journal& journal() { return journal_; }
  const Settings& settings() const { return settings_; }
  const world::World& world() const { return world_; }

 private:
  friend class Control;

  struct Route {
    std::string path;
    std::vector<const spec::Interface*> interfaces;  // told apart by the fields that only they have
    std::vector<std::vector<std::size_t>> own;       // those fields, by interface
  };

  /// A judgement: the code, and why.
  struct Verdict {
    spec::Code code;
    spec::Text title;
    spec::Text why;
  };

  world::World world_of(const yaml::WorldRows& rows) const;
  void judge(const wire::HttpParser& request, const Route& route, spec::DateTime now, http::Response& response);
  std::optional<Verdict> authenticate(const wire::HttpParser& request, const spec::Interface& interface, spec::DateTime now);
  const spec::Interface& told_apart(const Route& route) const;
  std::optional<Verdict> refuse(const spec::Interface& interface, bool& proceed);
  const rules::Facts& facts() { return deviance_.facts(world_, moment_); }
  std::optional<Verdict> look(const std::vector<spec::ResultRow>& rows);
  spec::Code common_code(const spec::Interface& interface, spec::Code code) const;
  void answer(const Verdict& verdict, http::Response& response, const world::Outcome* outcome, const spec::Interface* interface);
  void append_rows(std::string& out, const spec::Interface& interface, const world::Outcome& outcome) const;
  void append_cell(std::string& out, const spec::Field& field, const world::Cell& cell) const;

  enum class NoRows { empty, null, absent };

  const spec::Spec* spec_;
  Settings settings_;
  Choices choices_;
  yaml::WorldRows initial_;
  world::World world_;
  Authenticator authenticator_;
  Deviance deviance_;
  Time moment_;
  Faults faults_;
  Journal journal_;
  std::vector<Route> routes_;
  wire::JsonReader reader_;
  spec::Request request_;
  world::Outcome outcome_;
  world::Readings readings_;
  NoRows no_rows_ = NoRows::empty;
  bool decimals_as_text_ = false;
  bool strict_types_ = false;
  bool own_refusals_ = false;
  int refusal_status_ = 200;
  std::map<std::pair<std::string, int>, std::uint64_t> counters_;
};

}  // namespace meterproof::mock
