// SPDX-License-Identifier: Apache-2.0
#include "core/i18n/message_error.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <new>
#include <system_error>

#include "core/i18n/message.hpp"

namespace meterproof::i18n {
namespace message_error_test {

std::string told(const std::exception& error) { return render(message_of(error), Language::en); }

TEST(MessageError, AnExceptionIsToldInWordsForPeople) {
  EXPECT_EQ(told(MessageError(msg<"record.incomplete">())), "a part is missing, or of the wrong type");
  EXPECT_EQ(told(std::bad_alloc()), "out of memory");
  EXPECT_EQ(told(std::system_error(EMFILE, std::generic_category(), "epoll_create1")), "Too many open files");
  EXPECT_EQ(told(std::filesystem::filesystem_error("cannot iterate", "/nowhere", std::make_error_code(std::errc::no_such_file_or_directory))),
            "/nowhere: No such file or directory");
}

TEST(MessageError, TheWordsOfALibraryAreNotTold) {
  const std::string said = told(std::out_of_range("[json.exception.out_of_range.403] key 'x' not found"));
  EXPECT_EQ(said.find("json"), std::string::npos) << said;
  EXPECT_NE(said.find("std::out_of_range"), std::string::npos) << said;
  EXPECT_NE(said.find("report it"), std::string::npos) << said;
}

}  // namespace message_error_test
}  // namespace meterproof::i18n
