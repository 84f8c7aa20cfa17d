// Runs the suite against every deviation of the mock, and says what that teaches about the suite: which deviations survive, and
// which cases never fail. `ci/mutants` calls it.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <set>
#include <thread>

#include "spec/rules/deviation.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof {
namespace {

struct Tally {
  std::size_t tried = 0, killed = 0;
};

void print(const char* title, const std::map<std::string, Tally>& table) {
  std::printf("\n%-22s %8s %8s\n", title, "killed", "of");
  for (const auto& [name, tally] : table) std::printf("%-22s %8zu %8zu\n", name.c_str(), tally.killed, tally.tried);
}

}  // namespace
}  // namespace meterproof

int main(int argc, char** argv) {
  using namespace meterproof;
  const std::string only = argc > 1 ? argv[1] : "*";
  std::vector<rules::Deviation> all = rules::deviations(test::paper());
  std::erase_if(all, [&](const auto& one) { return !conformance::matches(only, one.id) || one.id == test::allowed_deviation; });
  if (all.empty()) {
    std::fprintf(stderr, "no deviation matches %s\n", only.c_str());
    return 2;
  }
  std::vector<bool> killed(all.size());
  std::vector<std::vector<std::string>> killers(all.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < all.size(); i = next++) killers[i] = test::killers_of(all[i].id);
  };
  const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::thread> helpers;
  for (unsigned i = 1; i < threads; ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();

  std::map<std::string, Tally> by_interface, by_category;
  std::vector<const rules::Deviation*> survivors;
  std::set<std::string> busy, uncited;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string interface = all[i].id.substr(0, all[i].id.find('/'));
    for (Tally* tally : {&by_interface[interface], &by_category[all[i].category]}) {
      ++tally->tried;
      tally->killed += killers[i].empty() ? 0U : 1U;
    }
    if (killers[i].empty()) survivors.push_back(&all[i]);
    busy.insert(killers[i].begin(), killers[i].end());
  }
  std::vector<std::string> idle;
  for (const conformance::Case& one : conformance::plan(test::paper(), {}))
    if (busy.count(one.id) == 0 && one.kind != conformance::Kind::injected && one.kind != conformance::Kind::open) idle.push_back(one.id);

  print("interface", by_interface);
  print("kind of mistake", by_category);
  std::printf("\nsurvivors: %zu\n", survivors.size());
  for (const auto* one : survivors) std::printf("  %s: %s\n", one->id.c_str(), one->sentence.c_str());
  if (only == "*") {
    std::printf("\ncases that kill nothing: %zu\n", idle.size());
    for (const std::string& id : idle) std::printf("  %s\n", id.c_str());
  }
  std::printf("\n%zu of %zu deviations killed\n", all.size() - survivors.size(), all.size());
  return survivors.empty() ? 0 : 1;
}
