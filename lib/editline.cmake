# How libedit gets into the program: target sio_editline.
#
# Where the static libraries are installed (Debian's libedit-dev brings them) they become part of the
# program: one command uses them, and loading them as shared libraries would cost every command a
# quarter of a millisecond. Elsewhere the shared library does.

pkg_check_modules(EDITLINE REQUIRED IMPORTED_TARGET libedit)

add_library(sio_editline INTERFACE)
target_include_directories(sio_editline SYSTEM INTERFACE ${EDITLINE_INCLUDE_DIRS})

foreach(name edit tinfo bsd md)
  find_library(SIO_${name}_ARCHIVE lib${name}.a HINTS ${EDITLINE_LIBRARY_DIRS})
  list(APPEND SIO_EDITLINE_ARCHIVES ${SIO_${name}_ARCHIVE})
endforeach()

if(NOT SIO_EDITLINE_ARCHIVES MATCHES "NOTFOUND")
  set(CMAKE_REQUIRED_INCLUDES ${EDITLINE_INCLUDE_DIRS})
  set(CMAKE_REQUIRED_LIBRARIES ${SIO_EDITLINE_ARCHIVES})
  check_cxx_source_compiles("
    #include <cstdio>
    #include <histedit.h>
    int main() { return el_init(\"\", stdin, stdout, stderr) == nullptr; }" SIO_STATIC_EDITLINE)
  unset(CMAKE_REQUIRED_INCLUDES)
  unset(CMAKE_REQUIRED_LIBRARIES)
endif()

if(SIO_STATIC_EDITLINE)
  target_link_libraries(sio_editline INTERFACE ${SIO_EDITLINE_ARCHIVES})
else()
  target_link_libraries(sio_editline INTERFACE PkgConfig::EDITLINE)
endif()
