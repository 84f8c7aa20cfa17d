// SPDX-License-Identifier: Apache-2.0
#include "cli/program_path.hpp"

#include <sys/auxv.h>

#include <filesystem>

namespace meterproof::cli {

namespace fs = std::filesystem;

std::string program_path() {
  std::error_code error;
  fs::path path = fs::read_symlink("/proc/self/exe", error);
  if (!error && fs::exists(path, error)) return path.string();  // it ends with " (deleted)" where a newer one was put in its place
  const unsigned long told = ::getauxval(AT_EXECFN);
  if (told == 0) return {};
  path = fs::canonical(reinterpret_cast<const char*>(told), error);  // NOLINT(performance-no-int-to-ptr): the kernel gives a pointer so
  return error ? std::string() : path.string();
}

}  // namespace meterproof::cli
