# How hiredis gets into the program: target sio_hiredis.
#
# Where the static library is installed (Debian's libhiredis-dev brings it) it becomes part of the
# program, as the others do. Elsewhere the shared library does.

pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
find_library(SIO_hiredis_ARCHIVE libhiredis.a HINTS ${HIREDIS_LIBRARY_DIRS})

add_library(sio_hiredis INTERFACE)
target_include_directories(sio_hiredis SYSTEM INTERFACE ${HIREDIS_INCLUDE_DIRS})
if(SIO_hiredis_ARCHIVE)
  target_link_libraries(sio_hiredis INTERFACE ${SIO_hiredis_ARCHIVE})
else()
  target_link_libraries(sio_hiredis INTERFACE PkgConfig::HIREDIS)
endif()
