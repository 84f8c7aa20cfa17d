# SPDX-License-Identifier: Apache-2.0
# What is installed, and the Debian package (cpack).
include(GNUInstallDirs)
# The manual and the completion are what the options say of themselves.
set(shells bash zsh fish)
list(TRANSFORM shells PREPEND meterproof. OUTPUT_VARIABLE completions)
add_custom_command(OUTPUT meterproof.1.gz meterproof.zh_CN.1.gz ${completions}
  COMMAND meterproof --lang en manual > meterproof.1
  COMMAND meterproof --lang zh manual > meterproof.zh_CN.1
  COMMAND gzip -9nf meterproof.1 meterproof.zh_CN.1
  COMMAND meterproof completion bash > meterproof.bash
  COMMAND meterproof completion zsh > meterproof.zsh
  COMMAND meterproof completion fish > meterproof.fish
  DEPENDS meterproof VERBATIM)
add_custom_target(manual ALL DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/meterproof.1.gz ${CMAKE_CURRENT_BINARY_DIR}/meterproof.zh_CN.1.gz)

install(TARGETS meterproof)
foreach(part "" workloads sequences fixtures meters plans examples/library examples/library/fixtures)
  file(GLOB files CONFIGURE_DEPENDS spec/${part}/*.yaml)
  install(FILES ${files} DESTINATION ${CMAKE_INSTALL_DATADIR}/meterproof/spec/${part})
endforeach()
set(built ${CMAKE_CURRENT_BINARY_DIR})
install(FILES ${built}/meterproof.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${built}/meterproof.zh_CN.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/zh_CN/man1 RENAME meterproof.1.gz)
install(FILES ${built}/meterproof.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME meterproof)
install(FILES ${built}/meterproof.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions RENAME _meterproof)
install(FILES ${built}/meterproof.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
# The documents, and what they link to, at the same places as in the source: a link that holds there holds here.
set(doc ${CMAKE_INSTALL_DOCDIR})
install(FILES README.md README.zh-CN.md CHANGELOG.md CONTRIBUTING.md RELEASING.md SECURITY.md LICENSE NOTICE cmake/copyright DESTINATION ${doc})
install(DIRECTORY docs DESTINATION ${doc})
install(FILES third_party/uplot/LICENSE DESTINATION ${doc}/third_party/uplot)
install(DIRECTORY ci/templates DESTINATION ${doc}/ci)
install(DIRECTORY loadgen/launch DESTINATION ${doc}/loadgen USE_SOURCE_PERMISSIONS)
foreach(part workloads meters plans) # the documents link to them
  file(GLOB files CONFIGURE_DEPENDS spec/${part}/*.yaml)
  install(FILES ${files} DESTINATION ${doc}/spec/${part})
endforeach()

# The service is of the Debian package alone: whoever installs into a folder of his own wants no file in /etc.
install(FILES cmake/service/mock.yaml DESTINATION /etc/meterproof COMPONENT service EXCLUDE_FROM_ALL)
install(FILES cmake/service/meterproof-mock.service DESTINATION lib/systemd/system COMPONENT service EXCLUDE_FROM_ALL)
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};meterproof;ALL;/;${CMAKE_BINARY_DIR};meterproof;service;/")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/cmake/service/conffiles)

set(METERPROOF_MAINTAINER "the meterproof maintainers <maintainers@meterproof.example>" CACHE STRING "name and address in the package")
string(TIMESTAMP package_date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${built}/changelog "meterproof (${PROJECT_VERSION}) unstable; urgency=medium

  * See CHANGELOG.md.

 -- ${METERPROOF_MAINTAINER}  ${package_date}
")
execute_process(COMMAND gzip -9nkf ${built}/changelog COMMAND_ERROR_IS_FATAL ANY)
install(FILES ${built}/changelog.gz DESTINATION ${doc})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT ${METERPROOF_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "conformance and load tests for the gas-meter billing interface")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "A mock server, a conformance checker and a load generator for the
JSON-over-HTTP interface between a gas-meter platform and a third-party
billing platform. Reports are text, JSON, JUnit, Markdown and HTML, in
English and Chinese.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
include(CPack)
