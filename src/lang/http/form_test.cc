#include "lang/http/form.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace dray::http {
namespace {

using namespace std::string_literals;
using Values = std::vector<std::string_view>;

constexpr auto kUrlencoded = "application/x-www-form-urlencoded";
constexpr auto kMultipart = "multipart/form-data; boundary=b";

std::string part(std::string_view head, std::string_view body) {
  return "--b\r\n" + std::string(head) + "\r\n\r\n" + std::string(body) + "\r\n";
}
// One part with that Content-Disposition behind `form-data; `.
std::string only(std::string_view parameters, std::string_view body = "v") {
  return part("Content-Disposition: form-data; " + std::string(parameters), body) + "--b--\r\n";
}
Form ok(std::string_view content_type, std::string_view body) {
  auto form = parse_form(content_type, body);
  EXPECT_TRUE(form) << body << (form ? "" : form.error().message);
  return form ? *form : Form{};
}
FormField field(std::string_view parameters) {
  auto form = ok(kMultipart, only(parameters));
  return form.fields.size() == 1 ? form.fields[0] : FormField{};
}
Error refused(const Result<Form>& form) { return form ? Error{Code::conflict, "was accepted"} : form.error(); }

TEST(UrlencodedForm, KeepsFieldsInOrder) {
  auto form = *parse_urlencoded("path=%2Fdam%2Fa+b&path=/dam/c%252B%2B&&flag&=x&e=f=g&flatStructure=true");
  EXPECT_EQ(form.all("path"), (Values{"/dam/a b", "/dam/c%2B+"}));
  EXPECT_EQ(form.find("path"), "/dam/a b");
  EXPECT_EQ(form.find("flag"), "");
  EXPECT_EQ(form.find(""), "x");
  EXPECT_EQ(form.find("e"), "f=g");
  EXPECT_EQ(form.find("Path"), std::nullopt);
  EXPECT_TRUE(form.all("none").empty());
  EXPECT_EQ(form.fields.size(), 6u);
  EXPECT_EQ(form.fields[0], (FormField{"path", "/dam/a b"}));
  EXPECT_TRUE(parse_urlencoded("")->fields.empty());
}

TEST(UrlencodedForm, IsReadInItsCharset) {
  EXPECT_EQ(parse_urlencoded("a=f%C3%BCr&_charset_=utf-8")->find("a"), "f\xC3\xBCr");
  EXPECT_EQ(parse_urlencoded("a=f%FCr&_charset_=ISO-8859-1")->find("a"), "f\xC3\xBCr");
  EXPECT_EQ(parse_urlencoded("_charset_=windows-1252&%FC=%80\xFC")->find("\xC3\xBC"), "\xE2\x82\xAC\xC3\xBC");
  EXPECT_EQ(parse_urlencoded("_charset_=&a=%C3%BC")->find("a"), "\xC3\xBC");
  EXPECT_EQ(ok("application/x-www-form-urlencoded; charset=latin1", "a=%FC").find("a"), "\xC3\xBC");
  EXPECT_EQ(ok("application/x-www-form-urlencoded; charset=latin1", "a=%C3%BC&_charset_=utf-8").find("a"), "\xC3\xBC");
  EXPECT_EQ(refused(parse_urlencoded("a=1&_charset_=koi8-r")).message,
            "the charset \"koi8-r\" is not known here; utf-8 and iso-8859-1 are");
}

TEST(UrlencodedForm, SaysWhichFieldIsWrong) {
  struct Row {
    std::string body;
    const char* message;
  };
  for (const auto& [body, message] : std::initializer_list<Row>{
           {"a=1&b=%zz", "the form field \"b\" has a percent sign without two hexadecimal digits behind it"},
           {"%4=1", "the form field \"%4\" has a percent sign without two hexadecimal digits behind it"},
           {"b=%FF", "the form field \"b\" is not valid UTF-8"},
           {"b\n%FF=1", "the form field \"b?\xEF\xBF\xBD\" is not valid UTF-8"},
           {"b=%00", "the form field \"b\" has a NUL character"},
           {"b=\0"s, "the form field \"b\" has a NUL character"},
       }) {
    EXPECT_EQ(refused(parse_urlencoded(body)), (Error{Code::invalid, message})) << body;
  }
}

TEST(UrlencodedForm, HasALimitOfFields) {
  std::string body;
  for (std::size_t i = 0; i < kMaxFormFields; ++i) body += "a&";
  EXPECT_EQ(parse_urlencoded(body)->fields.size(), kMaxFormFields);
  EXPECT_EQ(refused(parse_urlencoded(body + "a")).code, Code::too_large);
}

TEST(MultipartForm, HasTextsAndFiles) {
  auto form = ok(kMultipart, "preamble\r\n" + part("content-disposition: form-data; name=\"a\"", "f\xC3\xBCr") +
                                 part("Content-Type: image/jpeg\r\nContent-Disposition: form-data; "
                                      "name=\"file\"; filename=\"a b.jpg\"",
                                      "\xFF\0\r\n--bc\r\n--b c\r\n\n--b--"s) +
                                 part("Content-Disposition: form-data; name=none; filename=\"\"", "") +
                                 "--b--\r\nepilogue\r\n--b\r\n");
  EXPECT_EQ(form.fields, (std::vector<FormField>{
                             {"a", "f\xC3\xBCr"},
                             {"file", "\xFF\0\r\n--bc\r\n--b c\r\n\n--b--"s, "a b.jpg", "image/jpeg", true},
                             {"none", "", "", "", true},
                         }));
  EXPECT_EQ(form.find_file("file"), &form.fields[1]);
  EXPECT_EQ(form.find_file("a"), nullptr);
}

TEST(MultipartForm, AllowsWhatTheGrammarAllows) {
  EXPECT_TRUE(ok(kMultipart, "--b--").fields.empty());
  EXPECT_TRUE(ok(kMultipart, "\r\n--b--\r\n").fields.empty());
  EXPECT_EQ(ok(kMultipart, "--b \t\r\nContent-Disposition: form-data; name=a\r\n\r\n--b--").find("a"), "");
  EXPECT_EQ(ok("Multipart/Form-Data; charset=utf-8; Boundary=\"b\"", only("name=a")).find("a"), "v");
  EXPECT_EQ(
      ok("multipart/form-data; boundary=\"-- b'()+_,-./:=?\"",
         "---- b'()+_,-./:=?\r\nContent-Disposition: form-data; name=a\r\nX: y\r\n\r\n\r\n\r\n---- b'()+_,-./:=?--")
          .find("a"),
      "\r\n");
}

TEST(MultipartForm, NamesFilesAsBrowsersDo) {
  struct Row {
    const char* parameters;
    const char* file_name;
  };
  for (auto [parameters, file_name] : std::initializer_list<Row>{
           {"name=a; filename=a.jpg", "a.jpg"},
           {"name=a; filename=\"a%22b%0D%0a%41%.jpg\"", "a\"b\r\n%41%.jpg"},
           {"name=a; filename=\"a\\\"b.jpg\"", "a\"b.jpg"},
           {"name=a; filename=\"C:\\temp\\x.jpg\"", "x.jpg"},
           {"name=a; filename=\"C:\\\\temp\\\\x.jpg\"", "x.jpg"},
           {"name=a; filename=\"../../x.jpg\"", "x.jpg"},
           {"name=a; filename=\"..\"", ".."},
           {"name=a; filename=\"f\xC3\xBCr.jpg\"", "f\xC3\xBCr.jpg"},
           {"name=a; filename=u.jpg; filename*=UTF-8''%C3%BC%22%2522.jpg", "\xC3\xBC\"%22.jpg"},
           {"name=a; filename*=UTF-8''..%2F%C3%BC.jpg", "\xC3\xBC.jpg"},
           {"name=a; filename*=UTF-8''%FC.jpg; filename=u.jpg", "u.jpg"},
           {"name=a; filename*=nonsense", ""},
       }) {
    EXPECT_EQ(field(parameters).file_name, file_name) << parameters;
    EXPECT_TRUE(field(parameters).is_file) << parameters;
  }
  EXPECT_EQ(field("name=\"a%22%0D%0A%20\"").name, "a\"\r\n%20");
  EXPECT_FALSE(field("name=a").is_file);
}

TEST(MultipartForm, IsReadInItsCharset) {
  auto form = ok(kMultipart, part("Content-Disposition: form-data; name=\"\xFC\"", "\xFC") +
                                 part("Content-Disposition: form-data; name=f; filename=\"\xFC.jpg\"", "\xFC") +
                                 part("Content-Disposition: form-data; name=g; filename*=UTF-8''%C3%BC", "") +
                                 part("Content-Disposition: form-data; name=u\r\nContent-Type: text/plain; "
                                      "charset=UTF-8",
                                      "\xC3\xBC") +
                                 only("name=_charset_", "iso-8859-1"));
  EXPECT_EQ(form.find("\xC3\xBC"), "\xC3\xBC");
  EXPECT_EQ(form.fields[1], (FormField{"f", "\xFC", "\xC3\xBC.jpg", "", true}));
  EXPECT_EQ(form.fields[2].file_name, "\xC3\xBC");
  EXPECT_EQ(form.find("u"), "\xC3\xBC");
  EXPECT_EQ(refused(parse_multipart(kMultipart, only("name=a", "\xFC"))).message,
            "the form field \"a\" is not valid UTF-8");
  EXPECT_EQ(refused(parse_multipart(kMultipart, only("name=_charset_", "utf-16"))).code, Code::invalid);
}

TEST(MultipartForm, MustBeSentWhole) {
  auto whole = only("name=a; filename=b");
  for (std::string_view cut : {"\r\n", "--\r\n", "-\r\n", "b--\r\n"}) {
    auto body = whole.substr(0, whole.size() - cut.size());
    if (cut == "\r\n") {
      EXPECT_TRUE(parse_multipart(kMultipart, body));
    } else {
      EXPECT_EQ(refused(parse_multipart(kMultipart, body)),
                (Error{Code::invalid, "the form's end is missing: was it sent whole?"}));
    }
  }
  for (auto body : {"", "--", "--b", "--b\r\n", "--b-", "--c--", "x--b--", "\n--b--", "--b\r\n--b--"}) {
    EXPECT_EQ(refused(parse_multipart(kMultipart, body)).message, "the form's end is missing: was it sent whole?")
        << body;
  }
}

TEST(MultipartForm, RefusesPartsInDoubt) {
  auto disposition = "Content-Disposition: form-data; name=a"s;
  for (const auto& head :
       {""s, "X: y"s, "Content-Disposition: form-data"s, "Content-Disposition: attachment; name=a"s,
        "Content-Disposition: form-data; name=\"a"s, "Content-Disposition form-data; name=a"s,
        disposition + "\r\n" + disposition, disposition + "\r\n folded: x"s, disposition + "\r\nX : y",
        disposition + "\r\nX: \0"s, disposition + "\r\nX: a\nb", disposition + "\nX: y",
        disposition + "\r\nContent-Type: \xFF", disposition + "\r\nContent-Transfer-Encoding: base64"}) {
    EXPECT_EQ(refused(parse_multipart(kMultipart, part(head, "v") + "--b--")).code, Code::invalid) << head;
  }
  EXPECT_EQ(refused(parse_multipart(kMultipart, "--b\r\n" + disposition + "\r\n--b--")).message,
            "a part of the form has no end of its headers");
}

TEST(MultipartForm, HasLimits) {
  auto head = "Content-Disposition: form-data; name=a\r\nX: "s;
  std::string filler(kMaxPartHeaders - head.size() - 2, 'x');
  EXPECT_TRUE(parse_multipart(kMultipart, part(head + filler, "v") + "--b--"));
  EXPECT_EQ(refused(parse_multipart(kMultipart, part(head + filler + "x", "v") + "--b--")).code, Code::too_large);

  std::string body;
  for (std::size_t i = 0; i < kMaxFormFields; ++i) body += part("Content-Disposition: form-data; name=a", "");
  EXPECT_EQ(parse_multipart(kMultipart, body + "--b--")->fields.size(), kMaxFormFields);
  EXPECT_EQ(refused(parse_multipart(kMultipart, body + only("name=a"))).code, Code::too_large);
}

TEST(MultipartForm, NeedsAProperBoundary) {
  auto with = [](std::string_view boundary) {
    auto text = std::string(boundary);
    return parse_multipart("multipart/form-data; boundary=\"" + text + "\"", "--" + text + "--");
  };
  EXPECT_TRUE(with(std::string(70, '-')));
  for (std::string bad : {""s, std::string(71, '-'), "a "s, "a*"s, "a\r\n"s, "\xFC"s}) {
    EXPECT_EQ(refused(with(bad)).code, Code::invalid) << bad;
  }
  for (auto bad : {"multipart/form-data", "multipart/mixed; boundary=b", "multipart/form-data; boundary", ""}) {
    EXPECT_EQ(refused(parse_multipart(bad, "--b--")).code, Code::invalid) << bad;
  }
}

TEST(Form, IsReadByItsType) {
  EXPECT_EQ(ok(kUrlencoded, "a=1").find("a"), "1");
  EXPECT_EQ(ok("Application/X-WWW-Form-URLEncoded; charset=UTF-8", "a=1").find("a"), "1");
  EXPECT_EQ(ok(kMultipart, only("name=a")).find("a"), "v");
  EXPECT_EQ(refused(parse_form("text/plain", "a=1")).message,
            "the body must be a form, multipart/form-data or application/x-www-form-urlencoded; it is \"text/plain\"");
  EXPECT_EQ(
      refused(parse_form("", "a=1")).message,
      "the body must be a form, multipart/form-data or application/x-www-form-urlencoded; it has no Content-Type");
}

TEST(Urlencoded, IsReadAsBrowsersWriteIt) {
  EXPECT_EQ(parse_urlencoded("user=a%40b&password=+%2B%0D%0A")->fields,
            (std::vector<FormField>{{"user", "a@b"}, {"password", " +\r\n"}}));
  EXPECT_EQ(parse_urlencoded("path=/a/../b")->find("path"), "/a/../b");
  EXPECT_EQ(parse_urlencoded("a=\xC3\xBC b")->find("a"), "\xC3\xBC b");
  EXPECT_TRUE(parse_urlencoded("")->fields.empty());
  for (std::string bad : {"a=%"s, "a=%4"s, "%g0"s, "a=%00"s, "a=\0"s, "a=%FF"s, "a=\xFF"s})
    EXPECT_FALSE(parse_urlencoded(bad)) << bad;
}

}  // namespace
}  // namespace dray::http
