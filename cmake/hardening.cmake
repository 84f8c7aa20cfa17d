# SPDX-License-Identifier: Apache-2.0
# What a distribution builds with (Debian's dpkg-buildflags, hardening=+all): the program reads what strangers send.
if(METERPROOF_SANITIZE)
  return() # a sanitizer brings its own, and FORTIFY hides from it
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT METERPROOF_STATIC) # -pie after -static-pie would take it back
  include(CheckPIESupported)
  check_pie_supported(LANGUAGES CXX)
endif()
add_compile_options(-fstack-protector-strong -fstack-clash-protection)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_compile_options(-fcf-protection)
endif()
add_compile_options($<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>) # it needs optimization
add_link_options(-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
