#include "edge/server/message.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace dray::server {
namespace {

std::string body_of(const Response& response) { return std::get<std::string>(response.body); }

TEST(ErrorResponse, TellsTheCallerWhatWasWrong) {
  auto response = make_error_response(Error{Code::denied, "alice may not read it"});
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(body_of(response), R"({"error":"alice may not read it"})");
}

TEST(ErrorResponse, KeepsTheNamesOfTheServersFilesToItself) {
  for (int number : {EIO, ENOSPC, EACCES, ENOENT, EEXIST}) {
    auto response = make_error_response(system_error("cannot open /var/lib/dray/blobs/packs/1.pack", number));
    EXPECT_GE(response.status, 500) << number;
    EXPECT_EQ(body_of(response).find("/var/lib"), std::string::npos) << body_of(response);
  }
  EXPECT_NE(body_of(make_error_response(system_error("x", ENOSPC))).find("no room left"), std::string::npos);
  auto corrupt = make_error_response(Error{Code::corrupt, "a stored blob is cut short"});
  EXPECT_EQ(corrupt.status, 500);
  EXPECT_EQ(body_of(corrupt).find("blob"), std::string::npos);
}

}  // namespace
}  // namespace dray::server
