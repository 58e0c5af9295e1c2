# Run by CPack with the package that it has made: CPack counts what links lead to once for each
# link, so the size that the package tells is written anew, as Debian's policy wants it: kibibytes,
# each file rounded up, one for anything else.
find_program(DPKG_DEB dpkg-deb REQUIRED)
foreach(package ${CPACK_PACKAGE_FILES})
  set(root ${package}.unpacked)
  execute_process(COMMAND ${DPKG_DEB} --raw-extract ${package} ${root} COMMAND_ERROR_IS_FATAL ANY)
  file(GLOB_RECURSE entries LIST_DIRECTORIES true ${root}/usr ${root}/usr/*)
  set(kibibytes 0)
  foreach(entry ${entries})
    set(size 1)
    if(NOT IS_DIRECTORY ${entry} AND NOT IS_SYMLINK ${entry})
      file(SIZE ${entry} size)
    endif()
    math(EXPR kibibytes "${kibibytes} + (${size} + 1023) / 1024")
  endforeach()
  file(READ ${root}/DEBIAN/control control)
  string(REGEX REPLACE "Installed-Size: [0-9]+" "Installed-Size: ${kibibytes}" control "${control}")
  file(WRITE ${root}/DEBIAN/control "${control}")
  execute_process(COMMAND ${DPKG_DEB} -Zgzip --root-owner-group --build ${root} ${package}
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  file(REMOVE_RECURSE ${root})
endforeach()
