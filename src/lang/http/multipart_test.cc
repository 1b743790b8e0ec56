#include "lang/http/multipart.h"

#include <gtest/gtest.h>

#include "lang/http/digest_fields.h"

namespace dray::http {
namespace {

TEST(Multipart, FramesItsRanges) {
  std::string body = format_part_head("B", "image/jpeg", {0, 3}, 10) + "abc" +
                     format_part_head("B", "image/jpeg", {9, 1}, 10) + "j" + format_multipart_end("B");
  EXPECT_EQ(body,
            "\r\n--B\r\nContent-Type: image/jpeg\r\nContent-Range: bytes 0-2/10\r\n\r\nabc"
            "\r\n--B\r\nContent-Type: image/jpeg\r\nContent-Range: bytes 9-9/10\r\n\r\nj"
            "\r\n--B--\r\n");
}

TEST(DigestFields, AreBase64) {
  auto digest = sha256_of(bytes_of("abc"));
  EXPECT_EQ(format_repr_digest(digest), "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:");
  EXPECT_EQ(format_digest(digest), "SHA-256=ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

}  // namespace
}  // namespace dray::http
