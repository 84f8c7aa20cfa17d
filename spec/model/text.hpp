// A wording in the paper's language and in English.
#pragma once

#include <string>

namespace meterproof::spec {

struct Text {
  std::string zh;
  std::string en;
};

}  // namespace meterproof::spec
