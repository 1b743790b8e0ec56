// Photoshop's image resources, made by hand for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dray::pipeline::photoshop {

inline std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

inline std::string number(std::uint32_t value, int length = 4) {
  std::string out;
  for (int i = length; i-- > 0;) out += static_cast<char>(value >> (8 * i));
  return out;
}

inline std::string resource(std::uint32_t id, const std::string& content) {
  return "8BIM" + number(id, 2) + std::string(2, '\0') + number(static_cast<std::uint32_t>(content.size())) + content +
         std::string(content.size() % 2, '\0');
}

// A closed path: the square from a quarter to three quarters of both sides, from the top left, clockwise.
inline std::string path_records() {
  auto records = number(6, 2) + std::string(24, '\0') + number(0, 2) + number(4, 2) + std::string(22, '\0');
  constexpr std::uint32_t kQuarter = 0x400000, kThreeQuarters = 0xC00000;
  for (auto [y, x] : {std::pair{kQuarter, kQuarter}, std::pair{kQuarter, kThreeQuarters},
                      std::pair{kThreeQuarters, kThreeQuarters}, std::pair{kThreeQuarters, kQuarter}}) {
    records += number(1, 2);
    for (int i = 0; i < 3; ++i) records += number(y) + number(x);
  }
  return records;
}
inline std::string path_resource() { return resource(2000, path_records()); }

}  // namespace dray::pipeline::photoshop
