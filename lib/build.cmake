# How everything here is compiled: language level, warnings, sanitizers, compiler cache.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
# Assertions that must hold in a release are SIO_CHECK; NDEBUG only silences those of the libraries.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
# gcc's garbage collector takes a tenth of a compilation, and gives back little.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(--param=ggc-min-heapsize=1048576)
endif()
if(SIO_SANITIZE)
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O0 -g1 -DNDEBUG")
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # It looks into precompiled headers only when told that their dates do not matter.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()

include(GNUInstallDirs)

add_library(sio_flags INTERFACE)
target_include_directories(sio_flags INTERFACE ${PROJECT_SOURCE_DIR}/lib)
target_compile_options(sio_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Wimplicit-fallthrough
  -Wno-missing-field-initializers)
if(SIO_WERROR)
  target_compile_options(sio_flags INTERFACE -Werror)
endif()
if(SIO_SANITIZE)
  add_compile_options(-fsanitize=${SIO_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SIO_SANITIZE})
  if(SIO_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
if(SIO_BUILD_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined)
  add_link_options(-fsanitize=address,undefined)
endif()

# A fifth of a compilation is reading the same headers: they are read once. To find an include that
# somebody forgot, build with CMAKE_DISABLE_PRECOMPILE_HEADERS.
find_package(fmt REQUIRED)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/common_headers.cc CONTENT "")
add_library(sio_common_headers OBJECT ${CMAKE_BINARY_DIR}/common_headers.cc)
target_link_libraries(sio_common_headers PRIVATE sio_flags fmt::fmt)
target_precompile_headers(sio_common_headers PRIVATE
  <algorithm> <chrono> <functional> <map> <memory> <optional> <span> <string> <string_view>
  <unordered_map> <variant> <vector> <fmt/format.h> <tl/expected.hpp>)
# ccache looks into what was preprocessed.
set(SIO_PCH_OPTIONS $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
target_compile_options(sio_common_headers PRIVATE ${SIO_PCH_OPTIONS})

function(sio_use_common_headers target)
  target_compile_options(${target} PRIVATE ${SIO_PCH_OPTIONS})
  target_precompile_headers(${target} REUSE_FROM sio_common_headers)
endfunction()

# sio_layer(NAME SOURCES... DEPENDS...): one static library per folder of lib/, with the edges that
# the layers are allowed to have.
function(sio_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(sio_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(sio_${name} PUBLIC sio_flags ${ARG_DEPENDS})
  sio_use_common_headers(sio_${name})
endfunction()
