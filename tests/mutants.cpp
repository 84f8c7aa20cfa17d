// SPDX-License-Identifier: Apache-2.0
// Runs the suite against every mutant of the mock, and says what that teaches about the suite: which mutants survive, and
// which cases never notice anything. `ci/mutants` calls it.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <thread>

#include "conformance/planner.hpp"
#include "conformance/selection.hpp"
#include "mutation/mutation.hpp"
#include "tests/support/in_process.hpp"
#include "tests/support/mutant_difference.hpp"

namespace meterproof {
namespace {

struct Tally {
  std::size_t tried = 0, killed = 0;
};

void print(const char* title, const std::map<std::string, Tally>& table) {
  std::printf("\n%-22s %8s %8s\n", title, "killed", "of");
  for (const auto& [name, tally] : table) std::printf("%-22s %8zu %8zu\n", name.c_str(), tally.killed, tally.tried);
}

/// A mock that has nothing to say to requests that are like that, nor (`stumbles`) to those that come after them.
test::Noticed noticed_of(const std::function<bool(const net::HttpRequest&)>& is_like_that, const std::function<bool(const net::HttpRequest&)>& stumbles) {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  bool stumbled = false;
  const auto environment = test::environment_for(
      [&](const net::HttpRequest& request) {
        net::Exchange exchange = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
        if (std::exchange(stumbled, stumbles(request)) || is_like_that(request)) exchange.body = "{}";
        return exchange;
      },
      clock);
  return test::noticed_in(conformance::check(test::specification(), test::options_for("both"), environment));
}

/// Members in reverse order and escaped characters; keys of thousands of characters.
test::Noticed noticed_of_bodies() {
  const auto is_reversed = [](const net::HttpRequest& request) {
    const auto& all = test::specification().interfaces;
    const auto own = std::find_if(all.begin(), all.end(), [&](const core::Interface& one) { return one.path == request.path; });
    if (own == all.end() || own->variants.front().fields.size() < 2) return false;
    return request.body.starts_with("{\"" + own->request[own->variants.front().fields.back()].name + "\"");
  };
  const auto has = [](const net::HttpRequest& request, const std::string& text) { return request.body.find(text) != std::string::npos; };
  return noticed_of([&](const net::HttpRequest& request) { return is_reversed(request) || has(request, "\\uD842\\uDFB7"); },
                    [&](const net::HttpRequest& request) { return has(request, std::string(5'000, 'k')); });
}

/// After a text that is null.
test::Noticed noticed_of_nulls() {
  return noticed_of([](const net::HttpRequest&) { return false; },
                    [](const net::HttpRequest& request) { return request.body.find("Name\":null") != std::string::npos; });
}

/// A mock that loses the cents of balances of a million and more.
test::Noticed noticed_of_large_balances() {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  const auto environment = test::environment_for(
      [&](const net::HttpRequest& request) {
        static const std::regex large(R"(("Remnant":[0-9]{7,})\.[0-9]+)");
        net::Exchange exchange = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
        exchange.body = std::regex_replace(exchange.body, large, "$1");
        return exchange;
      },
      clock);
  return test::noticed_in(conformance::check(test::specification(), test::options_for("both"), environment));
}

/// A mock that takes the second of two identical requests at the same moment for a change to other values.
test::Noticed noticed_of_clashes() {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  std::pair<std::string, std::chrono::system_clock::time_point> last;
  const auto environment = test::environment_for(
      [&](net::HttpRequest request) {
        const bool is_copy = std::exchange(last, {request.body, clock.now()}) == std::pair(request.body, clock.now());
        if (is_copy) {
          request.body = std::regex_replace(request.body, std::regex(R"("OperationType":1,)"), R"("OperationType":2,)");
          request.body = std::regex_replace(request.body, std::regex(R"(("Price[1-6]":)[^,}]*)"), "$019.99");
        }
        return test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
      },
      clock);
  return test::noticed_in(conformance::check(test::specification(), test::options_for("both"), environment));
}

}  // namespace
}  // namespace meterproof

int main(int argc, char** argv) {
  using namespace meterproof;
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() > 1 && arguments[0] == "--spec") {
    test::spec_directory() = arguments[1];
    arguments.erase(arguments.begin(), arguments.begin() + 2);
  }
  const std::string only = arguments.empty() ? "*" : arguments[0];
  std::vector<mutation::Mutation> all = mutation::mutations(test::specification());
  std::erase_if(all, [&](const auto& one) { return !conformance::matches(only, one.id); });
  if (all.empty()) {
    std::fprintf(stderr, "no mutant matches %s\n", only.c_str());
    return 2;
  }
  const reports::CheckRecord base = test::check_mock(test::specification(), test::settings_for(test::specification()), test::options_for("both"));
  std::vector<test::Noticed> noticed(all.size());
  std::vector<test::MutantDifference> differences(all.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < all.size(); i = next++) {
      const reports::CheckRecord record = test::record_of(all[i]);
      noticed[i] = test::noticed_in(record);
      differences[i] = test::difference_of(all[i], base, record);
    }
  };
  const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::thread> helpers;
  for (unsigned i = 1; i < threads; ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();

  std::map<std::string, Tally> by_interface, by_category;
  std::vector<const mutation::Mutation*> survivors;
  std::set<std::string> busy;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string interface = all[i].id.substr(0, all[i].id.find('/'));
    for (Tally* tally : {&by_interface[interface], &by_category[all[i].category]}) {
      ++tally->tried;
      tally->killed += test::is_noticed(all[i], noticed[i]) ? 1U : 0U;
    }
    if (!test::is_noticed(all[i], noticed[i])) survivors.push_back(&all[i]);
    for (const auto* ids : {&noticed[i].failed, &noticed[i].warned}) busy.insert(ids->begin(), ids->end());
  }
  for (const test::Noticed& one : {test::noticed_of_transport(), test::noticed_of_robustness(), test::noticed_of_replays(), noticed_of_bodies(),
                                   noticed_of_nulls(), noticed_of_large_balances(), noticed_of_clashes()})
    for (const auto* ids : {&one.failed, &one.warned}) busy.insert(ids->begin(), ids->end());
  std::vector<std::string> idle;
  for (const auto& one : conformance::plan(test::specification(), {}))
    if (busy.count(one->info().id) == 0 && one->info().phase != conformance::Phase::injected_fault && one->question() == nullptr)
      idle.push_back(one->info().id);

  print("interface", by_interface);
  print("kind of mistake", by_category);
  std::printf("\nsurvivors: %zu\n", survivors.size());
  for (const auto* one : survivors) {
    std::printf("  %s: %s\n", one->id.c_str(), one->title.en.c_str());
    for (const std::string& id : noticed[static_cast<std::size_t>(one - all.data())].failed) std::printf("      failed, and should not be: %s\n", id.c_str());
  }
  if (only == "*") {
    std::printf("\ncases that kill no mutant: %zu\n", idle.size());
    for (const std::string& id : idle) std::printf("  %s\n", id.c_str());
  }
  std::printf("\ndifferences that do not name the very clause or field:\n");
  std::size_t exact = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    exact += differences[i].is_exact ? 1U : 0U;
    if (!differences[i].is_exact) std::printf("  %s\n", all[i].id.c_str());
  }
  std::printf("%zu of %zu do\n", exact, all.size());
  std::size_t told = 0, alone = 0;
  std::printf("\ndifferences from the faithful mock that do not name the mistake:\n");
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (differences[i].named) ++told;
    else std::printf("  %s\n", all[i].id.c_str());
    if (differences[i].named && differences[i].unrelated.empty()) ++alone;
  }
  std::printf("\ndifferences that name something else as well:\n");
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!differences[i].unrelated.empty())
      std::printf("  %s: %s, and %zu more\n", all[i].id.c_str(), differences[i].unrelated.front().c_str(), differences[i].unrelated.size() - 1);
  std::printf(
      "%zu of %zu name it, %zu of them nothing else: no failure that is neither of its interface, nor of its causes, nor asks it in a request that the\n"
      "record shows, and nothing newly undecided that does not rest on the rows of its interface\n",
      told, all.size(), alone);
  std::printf("\n%zu of %zu mutants killed (of leniency: warned of, and not failed)\n", all.size() - survivors.size(), all.size());
  const bool is_told = only != "*" || std::min(alone, exact) * 100 >= all.size() * 95;
  return survivors.empty() && is_told && (only != "*" || idle.empty()) ? 0 : 1;
}
