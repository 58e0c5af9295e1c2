# How libwebsockets gets into the program: target sio_websockets.
#
# Where its static library is installed (Debian's libwebsockets-dev has it), it and OpenSSL become
# part of the program: loading them as shared libraries costs a command a millisecond, more than all
# that it does. The libev plugin, which `serve` loads at run time, then finds the library's functions
# in the program itself, which exports them for it. Elsewhere the shared libraries do.

include(CheckCXXSourceCompiles)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LWS REQUIRED IMPORTED_TARGET libwebsockets>=4.1)

add_library(sio_websockets INTERFACE)
target_include_directories(sio_websockets SYSTEM INTERFACE ${LWS_INCLUDE_DIRS})

foreach(name websockets ssl crypto z cap)
  find_library(SIO_${name}_ARCHIVE lib${name}.a HINTS ${LWS_LIBRARY_DIRS})
  list(APPEND SIO_ARCHIVES ${SIO_${name}_ARCHIVE})
endforeach()

if(NOT SIO_ARCHIVES MATCHES "NOTFOUND")
  set(CMAKE_REQUIRED_INCLUDES ${LWS_INCLUDE_DIRS})
  set(CMAKE_REQUIRED_LIBRARIES
    -Wl,--whole-archive ${SIO_websockets_ARCHIVE} -Wl,--no-whole-archive
    ${SIO_ssl_ARCHIVE} ${SIO_crypto_ARCHIVE} ${SIO_z_ARCHIVE} ${SIO_cap_ARCHIVE}
    -Wl,--export-dynamic-symbol=*lws* ${CMAKE_DL_LIBS})
  check_cxx_source_compiles("
    #include <libwebsockets.h>
    int main() { return lws_create_context(nullptr) == nullptr; }" SIO_STATIC_WEBSOCKETS)
  unset(CMAKE_REQUIRED_INCLUDES)
  unset(CMAKE_REQUIRED_LIBRARIES)
endif()

if(SIO_STATIC_WEBSOCKETS)
  set(OPENSSL_USE_STATIC_LIBS ON)
endif()
find_package(OpenSSL REQUIRED)
if(SIO_STATIC_WEBSOCKETS)
  target_link_libraries(sio_websockets INTERFACE
    $<LINK_LIBRARY:WHOLE_ARCHIVE,${SIO_websockets_ARCHIVE}> OpenSSL::SSL OpenSSL::Crypto
    ${SIO_z_ARCHIVE} ${SIO_cap_ARCHIVE} ${CMAKE_DL_LIBS})
  target_link_options(sio_websockets INTERFACE
    LINKER:--export-dynamic-symbol=*lws* LINKER:--export-dynamic-symbol=wsi_from_fd)
else()
  target_link_libraries(sio_websockets INTERFACE PkgConfig::LWS OpenSSL::SSL OpenSSL::Crypto)
endif()
