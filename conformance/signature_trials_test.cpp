// SPDX-License-Identifier: Apache-2.0
#include "conformance/signature_trials.hpp"

#include <gtest/gtest.h>

#include "core/auth/conventions.hpp"
#include "reports/signature_trials.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace signature_trials_test {

using auth::Convention;

/// Its Base64 has + and /, and is padded; its secret has capitals: no convention comes to the same as another.
const auth::App app{"de>mo?x", "Secret-K"};

/// A target that wants another signature than the specification's.
class Stubborn {
 public:
  using Accepts = std::function<bool(const std::string& token, const std::string& authorization, const auth::Moment& moment)>;

  /// `answer`: its code for what it accepts.
  explicit Stubborn(Accepts accepts, int answer = -1) : accepts_(std::move(accepts)), answer_(answer) {
    clock_.advance(std::chrono::minutes(340) + std::chrono::seconds(27));
  }

  /// `refusal`: its code for any other signature.
  reports::CheckRecord check(core::Code refusal, const std::vector<std::pair<std::string, std::string>>& headers = {}) {
    CheckOptions options = test::options_for("platform");
    options.apps = {app};
    return conformance::check(test::specification(), options,
                              test::environment_for(
                                  [&](const net::HttpRequest& request) {
                                    net::Exchange out;
                                    out.transport = net::TransportResult::replied;
                                    out.status = 200;
                                    out.headers = headers;
                                    out.body = test::reply_of(is_accepted(request) ? core::Code{answer_} : refusal);
                                    return out;
                                  },
                                  clock_));
  }

 private:
  bool is_accepted(const net::HttpRequest& request) const {
    const core::Authentication& authentication = test::specification().authentication;
    std::string token, authorization;
    for (const auto& [name, value] : request.headers) {
      if (name == authentication.headers[authentication.token].name) token = value;
      if (name == authentication.headers[authentication.authorization].name) authorization = value;
    }
    for (int off = -60; off <= 60; ++off) {
      const auto at = clock_.now() + std::chrono::seconds(off);
      const auth::Moment moment{core::local_time(at, authentication.utc_offset), core::local_time(at, std::chrono::minutes(0))};
      if (accepts_(token, authorization, moment)) return true;
    }
    return false;
  }

  test::Clock clock_;
  Accepts accepts_;
  int answer_;
};

Stubborn target_that_wants(const Convention& convention) {
  return Stubborn([&convention](const std::string& token, const std::string& authorization, const auth::Moment& moment) {
    const auth::SignatureValues values = sign(convention, auth::Signer(test::specification().authentication), app, moment);
    return token == values.token && authorization == values.authorization;
  });
}

core::Code code_of(core::SignatureError error) { return test::specification().answering(error)->code; }

std::string accepted(const Convention& convention) { return "it does accept a signature in which " + convention.what.en + ";"; }

/// How many conventions a run says to be accepted.
std::size_t named_in(const std::string& notes) {
  const auto& all = auth::conventions();
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const Convention& one) { return notes.find(accepted(one)) != std::string::npos; }));
}

TEST(SignatureTrials, FindOutWhatTheTargetWants) {
  for (const Convention& convention : auth::conventions()) {
    if (convention.use != Convention::Use::server_may_want) continue;
    std::vector<core::Code> refusals = {code_of(core::SignatureError::token_wrong)};
    if (convention.timestamp != nullptr) refusals.push_back(code_of(core::SignatureError::timestamp_off));
    for (const core::Code refusal : refusals) {
      const auto record = target_that_wants(convention).check(refusal);
      const std::string notes = test::notes_of(record);
      EXPECT_NE(notes.find(accepted(convention)), std::string::npos) << convention.id << ": " << notes;
      EXPECT_EQ(named_in(notes), 1U) << convention.id << ": " << notes;
      EXPECT_EQ(record.exit_code, 4) << convention.id << ": it is told, and not certified";
      EXPECT_EQ(record.count(reports::Verdict::inconclusive), record.cases.size()) << convention.id;
      EXPECT_TRUE(record.calibration.empty()) << convention.id;
      EXPECT_EQ(notes.find(app.secret), std::string::npos) << notes;
    }
  }
}

// By what each convention writes, but in the letter case that the target wants.
TEST(SignatureTrials, FindTokensInUpperCase) {
  for (const char* id : {"token-secret-first", "token-16-digits", "token-first-16-digits", "token-sha-256", "token-hmac-sha-1-of-all"}) {
    const Convention& convention = auth::convention(id);
    const auto record = Stubborn([&convention](const std::string& token, const std::string& authorization, const auth::Moment& moment) {
                          const auth::SignatureValues values = sign(convention, auth::Signer(test::specification().authentication), app, moment);
                          return token == auth::in_capitals(values.token) && authorization == values.authorization;
                        }).check(code_of(core::SignatureError::token_wrong));
    EXPECT_NE(test::notes_of(record).find(convention.what.en + ", in upper case;"), std::string::npos) << id << ": " << test::notes_of(record);
  }
}

// A target that refuses every token, and answers what it cannot decode otherwise: nothing was accepted.
TEST(SignatureTrials, AnAnswerThatAWrongSecretGetsIsNoAcceptance) {
  for (const bool common : {false, true}) {
    Stubborn target([](const std::string&, const std::string& authorization, const auth::Moment&) { return authorization.starts_with("Basic "); },
                    common ? -999 : -1);
    const std::string notes = test::notes_of(target.check(code_of(core::SignatureError::token_wrong)));
    EXPECT_EQ(notes.find("it does accept"), std::string::npos) << notes;
    EXPECT_NE(notes.find("other known ways to sign was accepted either"), std::string::npos) << notes;
  }
}

TEST(SignatureTrials, HaveABound) {
  const auto nothing = [](const std::string&, const std::string&, const auth::Moment&) { return false; };
  const auto wrong_token = Stubborn(nothing).check(code_of(core::SignatureError::token_wrong));
  EXPECT_LE(wrong_token.requests, 2 + reports::most_signature_trials);
  EXPECT_NE(test::notes_of(wrong_token).find("other known ways to sign was accepted either"), std::string::npos) << test::notes_of(wrong_token);
  const auto wrong_time = Stubborn(nothing).check(code_of(core::SignatureError::timestamp_off));
  EXPECT_LE(wrong_time.requests, 54 + reports::most_signature_trials);  // 54: of the search for the clock, in two zones
  EXPECT_NE(test::notes_of(wrong_time).find("other time zones and notations was accepted either"), std::string::npos) << test::notes_of(wrong_time);
}

/// A target whose clock is off, or stands in another zone, and whose Date header says what it is told to.
std::string notes_of_a_clock(std::chrono::seconds off, const char* date) {
  Stubborn target([off](const std::string& token, const std::string&, const auth::Moment& moment) {
    return token == auth::Signer(test::specification().authentication).token(app, (moment.local + off).compact());
  });
  return test::notes_of(target.check(code_of(core::SignatureError::timestamp_off), {{"Date", date}}));
}

TEST(SignatureTrials, SayWhichTimeTheTargetAccepts) {
  // Our clock is at 07:40:27 UTC; what is slept meanwhile is less than the tolerance.
  const std::string elsewhere = notes_of_a_clock(std::chrono::hours(3), "Sat, 14 Mar 2026 07:40:27 GMT");
  EXPECT_NE(elsewhere.find("it does accept the time of UTC+11:00; the specification's time is UTC+08:00"), std::string::npos) << elsewhere;
  EXPECT_NE(elsewhere.find("and ours agree to"), std::string::npos) << elsewhere;
  const std::string wrong = notes_of_a_clock(std::chrono::hours(30), "Sun, 15 Mar 2026 13:40:27 GMT");
  EXPECT_NE(wrong.find("(Sun, 15 Mar 2026 13:40:27 GMT), is 1079"), std::string::npos) << wrong;
  EXPECT_NE(wrong.find("s ahead of ours"), std::string::npos) << wrong;
  EXPECT_NE(wrong.find("it does accept the time of its own Date header"), std::string::npos) << wrong;
}

}  // namespace signature_trials_test
}  // namespace meterproof::conformance
