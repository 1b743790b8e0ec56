# dray_fuzz(NAME module): the libFuzzer program NAME (which ends in _fuzz) from fuzz/NAME.cc, linked to the module's
# library (lang/zip or lang_zip), and a test that runs it for fifteen seconds. It starts from fuzz/seeds/<NAME without
# _fuzz>, which is only read; what it finds new goes to the build folder, so that the next run there starts further on.
add_custom_target(fuzzers COMMENT "every fuzz target, and nothing that they do not need")

function(dray_fuzz name module)
  string(REPLACE "/" "_" id ${module})
  string(REGEX REPLACE "_fuzz$" "" subject ${name})
  set(seeds ${CMAKE_SOURCE_DIR}/fuzz/seeds/${subject})
  set(found ${CMAKE_BINARY_DIR}/fuzz/corpus/${subject})
  file(MAKE_DIRECTORY ${found})
  add_executable(${name} ${CMAKE_SOURCE_DIR}/fuzz/${name}.cc)
  target_link_libraries(${name} PRIVATE dray_${id} dray_warnings)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${name})
  add_test(NAME "fuzz: ${subject}"
    COMMAND ${name} -max_total_time=15 -timeout=10 -rss_limit_mb=2048
      -artifact_prefix=${CMAKE_BINARY_DIR}/fuzz/${subject}- ${found} ${seeds})
endfunction()
