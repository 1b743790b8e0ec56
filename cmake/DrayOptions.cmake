option(BUILD_TESTING "Build the tests" ON)
option(DRAY_WERROR "Warnings are errors; on for developers, never for users" OFF)
option(DRAY_FUZZ "Build the fuzz targets (needs Clang)" OFF)
option(DRAY_FUZZ_API "And the one that takes the whole API" OFF)
option(DRAY_BENCH "Build the benchmarks' helper programs" OFF)
set(DRAY_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined or thread")

find_program(DRAY_CCACHE ccache)
if(DRAY_CCACHE)
  # Paths below the source folder are hashed as relative ones, so that another checkout of the same files finds the results too.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=true ${DRAY_CCACHE})
endif()
find_program(DRAY_MOLD mold)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
