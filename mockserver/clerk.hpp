// One thread's part of the mock: it reads requests, has them judged, answers, and keeps its own books.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mockserver/engine.hpp"
#include "spec/wire/json_request.hpp"

namespace meterproof::mock {

class Clerk {
 public:
  explicit Clerk(Engine& engine);

  void handle(const wire::HttpParser& request, Engine::Time time, http::Response& response);

  void append_latest(std::vector<Entry>& out, std::size_t count) const;
  void clear_journal();
  /// Adds how often each code was answered, by interface.
  void add_counters(std::map<std::pair<std::string, int>, std::uint64_t>& out) const;

 private:
  /// A judgement: the code, and why.
  struct Verdict {
    spec::Code code;
    spec::Text title;
    spec::Text why;
    bool success = false;  // a plain one, of the interface's own row
  };
  struct Counter {
    const spec::Interface* interface;
    int code;
    std::uint64_t count;
  };

  void write_down(const wire::HttpParser& request);
  void answer_call(const wire::HttpParser& request, spec::DateTime now, http::Response& response);
  void judge(const wire::HttpParser& request, const Engine::Route& route, spec::DateTime now, http::Response& response);
  Claim claim_of(const wire::HttpParser& request);
  std::optional<Verdict> authenticate(const Claim& claim, const spec::Interface& interface, spec::DateTime now);
  /// Puts the body into `request_`, and says whose it is. Nothing where it is no JSON object.
  const Desk* read(std::string_view body, const Engine::Route& route);
  const Desk& told_apart(const Engine::Route& route) const;
  const rules::Facts& facts();
  std::optional<Verdict> refuse(const Desk& desk, bool& proceed);
  std::optional<Verdict> mistype(const spec::Interface& interface) const;
  /// Under the engine's lock: the verdict, until the next one, and what it leaves in `outcome_`. Nothing where a fault answers without one.
  const Verdict* carry_out(const Claim& claim, const Desk& own, spec::DateTime now, http::Response& response);
  void go_wrong(const Fault& fault, http::Response& response) const;
  spec::Code common_code(const spec::Interface& interface, spec::Code code) const;
  /// `desk` is whose reply it is, where there is more to it than the envelope.
  void answer(const Verdict& verdict, http::Response& response, const Desk* desk = nullptr);
  void append_envelope(std::string& out, const Verdict& verdict, const Desk* desk) const;
  void append_rows(std::string& out, const Desk& desk) const;
  void append_cell(std::string& out, const spec::Field& field, const world::Cell& cell) const;
  void count(int code);

  Engine& engine_;
  const spec::Spec& spec_;
  wire::JsonReader reader_;
  spec::Request request_;
  const Verdict success_;
  std::optional<Verdict> verdict_;  // any other one, of the call at hand
  const Desk* desk_ = nullptr;      // of the interface that acts
  world::Outcome outcome_;
  Bench bench_;
  Engine::Time time_;                        // of the call at hand
  const spec::Interface* acting_ = nullptr;  // its interface
  mutable std::mutex books_;                 // others look into them through the control surface
  Journal journal_;
  std::vector<Counter> counters_;
};

}  // namespace meterproof::mock
