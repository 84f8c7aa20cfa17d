// SPDX-License-Identifier: Apache-2.0
// meterproof: one program, many commands.
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "cli/command_line.hpp"
#include "cli/secret_arguments.hpp"
#include "cli/streams.hpp"
#include "core/i18n/message_error.hpp"

namespace {

/// Threads share few heaps: each heap keeps what was freed in it (mallopt(3), M_ARENA_MAX; by default there are eight for each core). Without this, the
/// many workers of tests/memory_test.cpp exceed their bound.
void limit_heaps() {
#ifdef __GLIBC__
  constexpr int most = 4;
  (void)::mallopt(M_ARENA_MAX, most);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  using namespace meterproof;
  limit_heaps();
  cli::settle_streams();
  try {
    const i18n::Language language = cli::language_of(argc, argv);
    cli::set_language(language);
    const std::vector<std::string> words(argv, argv + argc);
    cli::hide_secrets(argc, argv);
    std::vector<const char*> given;
    given.reserve(words.size());
    for (const std::string& word : words) given.push_back(word.c_str());
    return cli::CommandLine(language).run(argc, given.data());
  } catch (const std::bad_alloc&) {
    std::fputs("meterproof: out of memory\n", stderr);  // a message in words would need some
    return static_cast<int>(cli::Exit::usage);
  } catch (const std::exception& error) {
    cli::print_error(i18n::message_of(error));
    return static_cast<int>(cli::Exit::usage);
  }
}
