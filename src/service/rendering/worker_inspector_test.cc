#include "service/rendering/worker_inspector.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace dray::service {
namespace {

TEST(WorkerInspector, WhatIsFoundCrossesProcesses) {
  model::MediaFacts facts;
  facts.mime_type = "image/svg+xml";
  facts.width = 4'000'000'000;
  facts.metadata = {{"dc:title", "Größe"}, {"dc:subject", json::array{"a", "b"}}, {"tiff:Orientation", 6}};
  facts.warning = "broken \xFF text";
  auto back = parse_facts(format_facts(facts));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->mime_type, facts.mime_type);
  EXPECT_EQ(back->width, facts.width);
  EXPECT_EQ(back->height, std::nullopt);
  EXPECT_EQ(back->metadata, facts.metadata);
  EXPECT_EQ(back->warning, "broken \xEF\xBF\xBD text");
}

// A worker may have been taken over by what it read.
TEST(WorkerInspector, TakesNothingForGranted) {
  for (const auto* text :
       {"", "[]", "{}", R"({"mimeType": "text/plain", "warning": ""})", R"({"mimeType": "text/plain", "metadata": {}})",
        R"({"mimeType": "text/plain\r\nX: y", "metadata": {}, "warning": ""})",
        R"({"mimeType": "text", "metadata": {}, "warning": ""})",
        R"({"mimeType": "text/html; charset=x", "metadata": {}, "warning": ""})",
        R"({"mimeType": "image/png", "metadata": [], "warning": ""})",
        R"({"mimeType": "image/png", "metadata": {}, "warning": "", "width": -1})",
        R"({"mimeType": "image/png", "metadata": {}, "warning": "", "height": 4294967296})",
        R"({"mimeType": "image/png", "metadata": {}, "warning": "", "height": "9"})"}) {
    auto facts = parse_facts(text);
    ASSERT_FALSE(facts) << text;
    EXPECT_EQ(facts.error().code, Code::invalid) << text;
  }
}

TEST(WorkerInspector, WithoutWorkersItIsNotTheFilesFault) {
  class Nothing final : public model::MediaInspector {
   public:
    Result<model::MediaFacts> inspect(int, const std::string&) const override { return Error{Code::invalid, "no"}; }
    std::string guess(const std::string&) const override { return "image/png"; }
  } nothing;
  WorkerPool no_workers(WorkerPoolConfig{.command = {"/nonexistent"}});
  WorkerInspector inspector(no_workers, nothing);
  UniqueFd file(::open("/dev/null", O_RDONLY));
  auto facts = inspector.inspect(file.get(), "a.png");
  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().code, Code::unavailable) << facts.error().message;
  EXPECT_EQ(inspector.guess("a.png"), "image/png");
}

}  // namespace
}  // namespace dray::service
