#include "base/json_fields.h"

#include <gtest/gtest.h>

#include <limits>

namespace dray {
namespace {

enum class Color { red, blue };

struct Sample {
  std::uint64_t size = 1;
  int width = 2;
  Color color = Color::red;
  double scale = 3;
  bool operator==(const Sample&) const = default;
};

template <typename Fields>
void visit_fields(Fields& fields, Sample& sample) {
  fields("size", sample.size);
  fields("width", sample.width);
  fields("color", sample.color);
  fields("scale", sample.scale);
}

bool is_taken(std::string_view text) { return fields_from_json<Sample>(*parse_json(text), "a sample") ? true : false; }

TEST(JsonFields, ComeBackAsTheyWere) {
  Sample sample{std::numeric_limits<std::uint64_t>::max(), std::numeric_limits<int>::min(), Color::blue, 0.1};
  EXPECT_EQ(*fields_from_json<Sample>(fields_to_json(sample), "a sample"), sample);
}

TEST(JsonFields, AreNotCutToFit) {
  EXPECT_TRUE(is_taken(R"({"size": 18446744073709551615, "width": -2147483648, "color": 1})"));
  for (const auto* wrong :
       {R"({"size": -9})", R"({"size": 1.5})", R"({"size": 1e30})", R"({"width": 2147483648})",
        R"({"width": 4294967296})", R"({"width": "3"})", R"({"color": 4294967297})", R"({"color": "red"})"})
    EXPECT_FALSE(is_taken(wrong)) << wrong;
}

}  // namespace
}  // namespace dray
