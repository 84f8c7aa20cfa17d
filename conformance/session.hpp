// One run's talk with its target: signs, sends, keeps to timestamps of its own, and counts.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "conformance/plan.hpp"
#include "conformance/reply.hpp"
#include "conformance/timestamps.hpp"
#include "http/client.hpp"
#include "spec/model/request.hpp"
#include "spec/wire/signature.hpp"

namespace meterproof::conformance {

/// What the run needs of the world outside; tests hand in their own.
struct Environment {
  std::function<http::Exchange(const http::HttpRequest&)> send;
  std::function<std::chrono::system_clock::time_point()> now;
  std::function<void(std::chrono::milliseconds)> sleep;
  std::function<void(const std::string&)> progress;  // a line for people; may be empty
};

struct Sent {
  http::HttpRequest request;
  http::Exchange exchange;
  Reply reply;
  bool well_signed = true;

  bool answered(spec::Code code) const { return reply.code == code; }
};

class Session {
 public:
  Session(const spec::Spec& spec, std::vector<wire::App> apps, Environment environment);

  /// A valid signature and that body. A timestamp that somebody else has used before is replaced by another.
  Sent send(const spec::Interface& interface, const std::string& body);
  /// Those headers in place of the signature's.
  Sent send_with(const spec::Interface& interface, const std::vector<std::pair<std::string, std::string>>& headers, const std::string& body);
  /// The very same bytes again.
  Sent send_again(const Sent& before);

  enum class Calibration {
    ready,
    refused,     // it answers, but takes none of our signatures: nothing can be judged
    unreachable  // no answer
  };
  /// Reaches the target, finds its clock, how far a timestamp may be off, and whether one may be used twice.
  Calibration calibrate(const spec::Interface& interface, const std::string& body);
  /// How many well-signed requests the run will make, as far as is known: for telling how long a wait will be.
  void expect_requests(std::size_t count) { expected_ = count; }
  const std::map<std::string, std::string>& calibration() const { return calibration_; }
  const std::string& note() const { return note_; }

  spec::DateTime now() const;
  void sleep(std::chrono::milliseconds span) const { environment_.sleep(span); }
  void progress(const std::string& line) const;
  /// A forged request uses no timestamp up: one slot serves them all, until a target turns out to think otherwise.
  Timestamps::Slot forgery_timestamp(bool another);
  bool refused_for_time(const Sent& sent) const { return refused_for(spec::SignatureFault::timestamp_repeated, sent); }
  /// A timestamp of ours and its app; waits for the next second where all are used.
  Timestamps::Slot next_timestamp();
  const wire::App& app(std::size_t index) const { return apps_[index]; }
  const wire::Signer& signer() const { return signer_; }
  const spec::Spec& spec() const { return *spec_; }
  std::uint64_t requests() const { return requests_; }

 private:
  Sent exchange(const http::HttpRequest& request);
  void tell_of_wait() const;
  bool refused_for(spec::SignatureFault fault, const Sent& sent) const;
  Sent probe(const spec::Interface& interface, std::chrono::seconds off, const std::string& body);
  Sent find_clock(const spec::Interface& interface, const std::string& body, std::chrono::seconds& taken);
  void find_window(const spec::Interface& interface, const std::string& body, const Sent& first, std::chrono::seconds taken);
  Sent signed_at(const spec::Interface& interface, const wire::App& app, spec::DateTime timestamp, const std::string& body);

  const spec::Spec* spec_;
  std::vector<wire::App> apps_;
  Environment environment_;
  wire::Signer signer_;
  Timestamps timestamps_;
  std::optional<Timestamps::Slot> for_forgeries_;
  std::chrono::minutes utc_offset_;
  std::map<std::string, std::string> calibration_;
  std::string note_;
  std::uint64_t requests_ = 0;
  std::size_t expected_ = 0, well_signed_ = 0;
  bool told_of_wait_ = false;
};

}  // namespace meterproof::conformance
