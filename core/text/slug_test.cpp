// SPDX-License-Identifier: Apache-2.0
#include "core/text/slug.hpp"

#include <gtest/gtest.h>

namespace meterproof::core {
namespace slug_test {

TEST(Slug, IsMadeOfNamesAndValues) {
  const struct {
    const char *text, *slug;
  } rows[] = {
      {"", ""},
      {"Money", "money"},
      {"MeterAddr", "meter-addr"},
      {"MeterTypeID", "meter-type-id"},
      {"IMEI", "imei"},
      {"NewIMEI", "new-imei"},
      {"IMEINumber", "imei-number"},
      {"RSRP", "rsrp"},
      {"Divid1", "divid1"},
      {"Divid1Price", "divid1-price"},
      {"by_user", "by-user"},
      {"header_missing", "header-missing"},
      {"cancelled", "cancelled"},
      {"a  sentence, with marks.", "a-sentence-with-marks"},
      {"0", "zero"},
      {"-1", "minus-1"},
      {"-0.01", "minus-0-01"},
      {"0.00", "0-00"},
      {"99", "99"},
      {"-", "other"},
      {"--", "other"},
      {"销", "e99480"},
  };
  for (const auto& row : rows) EXPECT_EQ(slug_of(row.text), row.slug) << row.text;
}

}  // namespace slug_test
}  // namespace meterproof::core
