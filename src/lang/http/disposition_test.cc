#include "lang/http/disposition.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace dray::http {
namespace {

using namespace std::string_literals;

std::string attachment(std::string_view name) { return format_content_disposition(Disposition::attachment, name); }

TEST(ContentDisposition, NamesTheFileTwice) {
  EXPECT_EQ(attachment("a b.jpg"), "attachment; filename=\"a b.jpg\"; filename*=UTF-8''a%20b.jpg");
  EXPECT_EQ(format_content_disposition(Disposition::inline_, "a"), "inline; filename=\"a\"; filename*=UTF-8''a");
  EXPECT_EQ(attachment("f\xC3\xBCr \xF0\x9F\x98\x80.jpg"),
            "attachment; filename=\"f_r _.jpg\"; filename*=UTF-8''f%C3%BCr%20%F0%9F%98%80.jpg");
  EXPECT_EQ(attachment(""), "attachment");
}

TEST(ContentDisposition, LetsNothingBreakOut) {
  EXPECT_EQ(attachment("a\"; x=\"b\r\nX: 1\\"),
            "attachment; filename=\"a_; x=_b__X: 1_\"; filename*=UTF-8''a%22%3B%20x%3D%22b%0D%0AX%3A%201%5C");
  EXPECT_EQ(attachment("100%41.jpg"), "attachment; filename=\"100_41.jpg\"; filename*=UTF-8''100%2541.jpg");
  EXPECT_EQ(attachment("\0\x7F"s), "attachment; filename=\"__\"; filename*=UTF-8''%00%7F");
  EXPECT_EQ(attachment("\xFF"), "attachment; filename=\"_\"; filename*=UTF-8''%EF%BF%BD");
}

TEST(ContentDisposition, IsReadBack) {
  for (std::string name : {"a.jpg", " a ", "f\xC3\xBCr", "\"q\"", "'", "a;b=c", "100%", "a\r\nb", "\xE2\x82\xAC"}) {
    EXPECT_EQ(parse_disposition_filename(attachment(name)), name);
  }
}

TEST(DispositionFilename, IsTakenFromWhatServersSend) {
  struct Row {
    const char* name;
    const char* header;
  };
  for (auto [name, header] : std::initializer_list<Row>{
           {"a.jpg", "attachment; filename=a.jpg"},
           {"a.jpg", "ATTACHMENT ; FileName = \"a.jpg\" ; size=3;"},
           {"a\"b.jpg", "inline;filename=\"a\\\"b.jpg\""},
           {"\xC3\xBC.jpg", "attachment; filename=\"\xC3\xBC.jpg\""},
           {"\xC3\xBC.jpg", "attachment; filename=u.jpg; filename*=utf-8'de'%c3%bc.jpg"},
           {"u.jpg", "attachment; filename*=ISO-8859-1''%FC.jpg; filename=u.jpg"},
           {"u.jpg", "attachment; filename*=UTF-8''%FC.jpg; filename=u.jpg"},
           {"u.jpg", "attachment; filename*=UTF-8''%zz.jpg; filename=u.jpg"},
           {"u.jpg", "attachment; filename*=nonsense; filename=u.jpg"},
           {"u.jpg", "attachment; filename=u.jpg; filename=v.jpg"},
           {"passwd", "attachment; filename=\"../../etc/passwd\""},
           {"passwd", "attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd"},
           {"x.exe", "attachment; filename=\"C:\\\\temp\\\\x.exe\""},
       }) {
    EXPECT_EQ(parse_disposition_filename(header), name) << header;
  }
  for (std::string bad : {"", ";", "attachment", "attachment;", "filename=a", "attachment; filename",
                          "attachment; filename=", "attachment; filename=\"", "attachment; filename=\"a",
                          "attachment; filename=\"a\\", "attachment; filename=\"\"", "attachment; filename=\"..\"",
                          "attachment; filename=\"a/\"", "attachment; filename=a b", "attachment; filename=\"\xFF\"",
                          "attachment; filename*=UTF-8''%00", "attachment filename=a"}) {
    EXPECT_EQ(parse_disposition_filename(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace dray::http
