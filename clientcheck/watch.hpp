// Judges a vendor's client by the paper: serves it as the mock does, looks at every call, and plays tricks that a good client survives.
// No I/O, no clock of its own.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "clientcheck/tricks.hpp"
#include "spec/wire/json_request.hpp"
#include "mockserver/engine.hpp"
#include "reports/record.hpp"

namespace meterproof::clientcheck {

struct ClientOptions {
  spec::Role client = spec::Role::billing;  // billing calls what the platform serves, and the other way round
  std::vector<std::string> scenarios;       // tricks by name; all where it is empty
  std::string url;                          // where it serves, for the record
};

class Watch {
 public:
  using Time = mock::Engine::Time;

  /// `spec` must outlive it.
  Watch(const spec::Spec& spec, const mock::Settings& settings, yaml::WorldRows rows, ClientOptions options);

  void handle(const wire::HttpParser& request, Time now, http::Response& response);
  void handle_broken(const wire::HttpParser& request, http::Response& response) { engine_.handle_broken(request, response); }

  std::uint64_t calls() const { return calls_; }
  /// Every case, judged by the calls so far. What was not seen is inconclusive.
  reports::CheckRecord record() const;

 private:
  struct Seen {
    reports::CaseRecord record;
    bool observed = false;
  };

  void add(const std::string& id, const spec::Interface& interface, const std::string& section, const spec::Text& sentence, const std::string& clause);
  void plan(const spec::Interface& interface);
  /// One observation of a case; the worst of all counts, with its call.
  void observe(const std::string& id, reports::Verdict verdict, const std::string& observed, const std::string& reason);
  bool judge_signature(const Call& call, spec::DateTime now);
  void judge_headers(const Call& call);
  void judge_body(const Call& call);
  void judge_field(const Call& call, std::size_t field);
  void judge_names(const Call& call);
  void judge_rules(const Call& call);
  const spec::Interface* told_apart(const wire::HttpParser& request);

  const spec::Spec& spec_;
  ClientOptions options_;
  mock::Settings settings_;
  mock::Engine engine_;
  mock::Authenticator authenticator_;
  mock::Bench bench_;
  wire::JsonReader reader_;
  Tricks tricks_;
  std::vector<std::string> order_;  // of the cases
  std::map<std::string, Seen> seen_;
  const Call* current_ = nullptr;
  std::string began_;
  std::uint64_t calls_ = 0;
};

}  // namespace meterproof::clientcheck
