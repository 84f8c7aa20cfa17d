// The mock server without its sockets: a parsed request and the time in, a reply out.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "http/listener.hpp"
#include "mockserver/authenticator.hpp"
#include "mockserver/deviance.hpp"
#include "mockserver/faults.hpp"
#include "mockserver/journal.hpp"
#include "mockserver/settings.hpp"
#include "spec/rules/sieve.hpp"
#include "spec/wire/http_parser.hpp"
#include "spec/wire/json_plain.hpp"
#include "spec/world/world.hpp"
#include "spec/yaml/loader.hpp"

namespace meterproof::mock {

class Clerk;

/// An interface made ready to be answered: its rules, and what never changes in its replies.
struct Desk {
  Desk(const spec::Spec& spec, const spec::Interface& of);

  const spec::Interface* interface;
  rules::Sieve sieve;
  std::string success;             // the envelope up to the rows
  std::string rows;                // ,"Rows":
  std::vector<std::string> names;  // ,"Name":
  std::vector<world::RowKey> keys;
};

/// What all threads share: state, replay guard, faults. State is behind one lock, held while a request is judged and carried out,
/// not while it is read, authenticated or answered. An engine of one thread has no locks: it is that thread's alone.
class Engine {
 public:
  using Time = std::chrono::system_clock::time_point;

  /// `spec` must outlive the engine. `rows` is the world that it begins with, and returns to. A server that deviates has one thread.
  Engine(const spec::Spec& spec, Settings settings, yaml::WorldRows rows, std::size_t threads = 1);
  ~Engine();

  /// On that thread alone.
  void handle(const wire::HttpParser& request, Time now, http::Response& response, std::size_t thread = 0);
  /// What is no HTTP, or too large: `response.status` says which.
  void handle_broken(const wire::HttpParser& request, http::Response& response) const;

  bool write_journal_to(const std::string& path) { return journal_.open(path); }
  std::uint64_t exchanges() const { return journal_.total(); }
  /// The newest entries of all threads, newest first.
  std::vector<Entry> latest(std::size_t count) const;

  const Settings& settings() const { return settings_; }
  const world::World& world() const { return world_; }

 private:
  friend class Control;
  friend class Clerk;

  struct Route {
    std::string path;
    std::vector<const Desk*> desks;             // told apart by the fields that only their interfaces have
    std::vector<std::vector<std::size_t>> own;  // those fields, by desk
    std::size_t fullest = 0;                    // the desk with the most fields
    std::optional<wire::UsualBody> usual;       // its own
  };
  enum class NoRows { empty, null, absent };

  world::World world_of(const yaml::WorldRows& rows) const;
  /// What other threads may use too, from now on; a single one needs no lock.
  std::unique_lock<std::mutex> held(std::mutex& mutex) const { return several_threads() ? std::unique_lock(mutex) : std::unique_lock(mutex, std::defer_lock); }
  bool several_threads() const { return clerks_.size() > 1; }
  const Desk& desk_of(const spec::Interface& interface) const;

  const spec::Spec* spec_;
  Settings settings_;
  Choices choices_;
  yaml::WorldRows initial_;
  std::vector<Route> routes_;
  std::deque<Desk> desks_;  // of every interface, and of those that a deviation puts in its place
  world::Readings readings_;
  NoRows no_rows_ = NoRows::empty;
  bool decimals_as_text_ = false;
  bool strict_types_ = false;
  bool own_refusals_ = false;
  int refusal_status_ = 200;

  Authenticator authenticator_;
  JournalFile journal_;
  mutable std::mutex state_;  // guards the three
  world::World world_;
  Deviance deviance_;
  Faults faults_;
  std::vector<std::unique_ptr<Clerk>> clerks_;  // by thread
};

}  // namespace meterproof::mock
