# SPDX-License-Identifier: Apache-2.0
# What is installed, and the Debian package (cpack).
include(GNUInstallDirs)
# The manual and the completion are what the options say of themselves.
add_custom_command(OUTPUT meterproof.1 meterproof.zh_CN.1 meterproof.bash
  COMMAND meterproof --lang en manual > ${CMAKE_CURRENT_BINARY_DIR}/meterproof.1
  COMMAND meterproof --lang zh manual > ${CMAKE_CURRENT_BINARY_DIR}/meterproof.zh_CN.1
  COMMAND meterproof completion > ${CMAKE_CURRENT_BINARY_DIR}/meterproof.bash
  DEPENDS meterproof VERBATIM)
add_custom_target(manual ALL DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/meterproof.1 ${CMAKE_CURRENT_BINARY_DIR}/meterproof.zh_CN.1
                  ${CMAKE_CURRENT_BINARY_DIR}/meterproof.bash)

install(TARGETS meterproof)
foreach(part "" workloads sequences fixtures examples/library examples/library/fixtures)
  file(GLOB files CONFIGURE_DEPENDS spec/${part}/*.yaml)
  install(FILES ${files} DESTINATION ${CMAKE_INSTALL_DATADIR}/meterproof/spec/${part})
endforeach()
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/meterproof.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/meterproof.zh_CN.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/zh_CN/man1 RENAME meterproof.1)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/meterproof.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME meterproof)
install(FILES README.md README.zh-CN.md CHANGELOG.md LICENSE NOTICE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES cmake/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "the meterproof maintainers <meterproof@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "conformance and load tests for the gas-meter billing interface")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
include(CPack)
