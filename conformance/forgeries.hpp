// Requests that are wrong before any field is looked at: forged signatures, and bodies that are no JSON object.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "spec/model/datetime.hpp"
#include "spec/wire/signature.hpp"

namespace meterproof::conformance {

/// The two headers' values; nothing where a header is left out.
struct SignatureHeaders {
  std::optional<std::string> token, authorization;
};

struct ForgeryContext {
  const wire::Signer& signer;
  const wire::App& app;
  spec::DateTime timestamp;  // one that has not been used
};

struct Forgery {
  spec::SignatureFault fault;
  std::string label;
  std::function<SignatureHeaders(const ForgeryContext&)> make;
};

/// Every forgery but the replays, which need a request that succeeded.
const std::vector<Forgery>& forgeries();

struct BrokenBody {
  std::string label;
  std::function<std::string(const std::string& valid)> make;
};
const std::vector<BrokenBody>& broken_bodies();

}  // namespace meterproof::conformance
