# SPDX-License-Identifier: Apache-2.0
# For METERPROOF_STATIC: every library from its archive. Debian has none of simdjson; METERPROOF_SIMDJSON is the folder of its single-header source.
set(METERPROOF_SIMDJSON "" CACHE PATH "folder with simdjson.h and simdjson.cpp")
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
set(OPENSSL_USE_STATIC_LIBS ON)
add_link_options(-static-pie)

add_library(simdjson_archive STATIC ${METERPROOF_SIMDJSON}/simdjson.cpp)
# Our sources read the header of the package, which is of the same version: their objects are those of the other builds (ccache).
target_include_directories(simdjson_archive PRIVATE ${METERPROOF_SIMDJSON})
target_compile_definitions(simdjson_archive PUBLIC SIMDJSON_THREADS_ENABLED=1) # as the package has it
set_target_properties(simdjson_archive PROPERTIES POSITION_INDEPENDENT_CODE ON)
add_library(simdjson::simdjson ALIAS simdjson_archive)

find_library(yaml_archive yaml-cpp REQUIRED)
add_library(yaml-cpp STATIC IMPORTED)
set_target_properties(yaml-cpp PROPERTIES IMPORTED_LOCATION ${yaml_archive})
