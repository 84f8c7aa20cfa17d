// SPDX-License-Identifier: Apache-2.0
#include "core/i18n/message_error.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <typeinfo>

#include "core/i18n/message.hpp"

namespace meterproof::i18n {
namespace {

std::string name_of(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
  return status == 0 ? name.get() : type.name();
}

}  // namespace

Message message_of(const std::exception& error) {
  if (const auto* told = dynamic_cast<const MessageError*>(&error)) return told->message();
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return msg<"error.memory">();
  if (const auto* of_file = dynamic_cast<const std::filesystem::filesystem_error*>(&error))
    return verbatim(of_file->path1().string() + ": " + of_file->code().message());
  if (const auto* of_system = dynamic_cast<const std::system_error*>(&error)) return verbatim(of_system->code().message());
  return msg<"error.internal">(name_of(typeid(error)));
}

}  // namespace meterproof::i18n
