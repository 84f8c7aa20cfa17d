# SPDX-License-Identifier: Apache-2.0
# Makes a C++ file of text files: cmake -DOUT=FILE -DNAMES=a;b -DFILES=x;y -P embed.cmake
set(out "// Generated from reports/page and third_party/uplot; do not edit.\n#include \"reports/page.hpp\"\n\nnamespace meterproof::reports::page {\n\n")
foreach(name file IN ZIP_LISTS NAMES FILES)
  file(READ ${file} text)
  string(APPEND out "const std::string_view ${name} = R\"embedded(${text})embedded\";\n\n")
endforeach()
string(APPEND out "}  // namespace meterproof::reports::page\n")
file(WRITE ${OUT} "${out}")
