# Every library from outside, all of them packages of Debian 12 (tools/packages lists the names).
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(CURL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(JPEG REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81.0 EXACT CONFIG REQUIRED COMPONENTS headers json)
find_package(prometheus-cpp REQUIRED CONFIG)
find_package(PkgConfig REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(exiv2 REQUIRED IMPORTED_TARGET exiv2)
pkg_check_modules(vips REQUIRED IMPORTED_TARGET vips-cpp)
# Its -pthread defines a macro that the precompiled headers do not have.
get_target_property(options PkgConfig::vips INTERFACE_COMPILE_OPTIONS)
list(REMOVE_ITEM options -pthread)
set_target_properties(PkgConfig::vips PROPERTIES INTERFACE_COMPILE_OPTIONS "${options}")
pkg_check_modules(qpdf REQUIRED IMPORTED_TARGET libqpdf)
pkg_check_modules(imagequant REQUIRED IMPORTED_TARGET imagequant)
find_library(DRAY_CGIF cgif REQUIRED)
find_library(DRAY_ISAL isal REQUIRED)
find_library(DRAY_MAGIC magic REQUIRED)
find_library(DRAY_UTF8PROC utf8proc REQUIRED)
if(BUILD_TESTING)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

# Asio and Beast are compiled once (asio_beast.cc); both definitions must be seen by every user of their headers.
add_library(dray_asio STATIC ${CMAKE_SOURCE_DIR}/cmake/asio_beast.cc)
target_link_libraries(dray_asio PUBLIC Boost::headers Threads::Threads dray_settings)
target_compile_definitions(dray_asio PUBLIC BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED)

# Headers of other people that most of our files read, compiled once.
add_library(dray_headers OBJECT ${CMAKE_SOURCE_DIR}/cmake/headers.cc)
target_link_libraries(dray_headers PUBLIC dray_settings Boost::json fmt::fmt)
target_precompile_headers(dray_headers PRIVATE <boost/json.hpp> <fmt/format.h> <algorithm> <chrono> <functional>
  <memory> <optional> <span> <string> <string_view> <unordered_map> <vector> <map>)
