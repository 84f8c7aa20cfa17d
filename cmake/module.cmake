# SPDX-License-Identifier: Apache-2.0
# add_module(NAME [FOLDERS folder...] [LINK library...]): a static library of every .cpp of these folders but tests and benchmarks.
function(add_module name)
  cmake_parse_arguments(module "" "" "FOLDERS;LINK" ${ARGN})
  set(sources)
  foreach(folder IN LISTS module_FOLDERS)
    file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
    list(APPEND sources ${found})
  endforeach()
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cpp$")
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${module_LINK} PRIVATE project_warnings)
endfunction()
