# SPDX-License-Identifier: Apache-2.0
# Warnings of our own code. They become errors in the presets (CMAKE_COMPILE_WARNING_AS_ERROR), not for packagers.
add_library(project_warnings INTERFACE)
target_compile_options(project_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
                                                  -Wnon-virtual-dtor -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # False positives of GCC 12 in std::optional and std::string.
  target_compile_options(project_warnings INTERFACE -Wno-maybe-uninitialized -Wno-restrict)
endif()
