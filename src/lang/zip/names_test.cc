#include "lang/zip/names.h"

#include <gtest/gtest.h>
#include <utf8proc.h>

#include <random>

#include "base/text.h"

namespace dray::zip {
namespace {

std::string times(std::size_t count, std::string_view text) {
  std::string out;
  while (count-- > 0) out += text;
  return out;
}

TEST(SafeName, LeavesGoodNamesAlone) {
  for (std::string name :
       {"hero.jpg", "a", ".htaccess", "Grüße 2024.tar.gz", "写真.png", "a..b", " a", "_", "100% (2).jpg", "com0",
        "com10", "con_", "xcon", "console", "auxiliary.txt", "naïve‰.txt", "😀.gif"}) {
    EXPECT_EQ(make_safe_name(name), name);
  }
}

TEST(SafeName, ReplacesWhatWindowsRefuses) {
  EXPECT_EQ(make_safe_name("a<b>c:d\"e\\f|g?h*i/j"), "a_b_c_d_e_f_g_h_i_j");
  EXPECT_EQ(make_safe_name(std::string_view("a\0b\tc\x7F", 6)), "a_b_c_");
  EXPECT_EQ(make_safe_name("a. . "), "a____");
  EXPECT_EQ(make_safe_name(""), "_");
  EXPECT_EQ(make_safe_name("."), "_");
  EXPECT_EQ(make_safe_name(".."), "__");
  EXPECT_EQ(make_safe_name("C:\\x"), "C__x");
}

TEST(SafeName, ReplacesWhatCannotBeSeen) {
  for (char32_t c : {0x80, 0x85, 0x9F, 0x61C, 0x180E, 0x200B, 0x200D, 0x200F, 0x2028, 0x2029, 0x202A, 0x202E, 0x2060,
                     0x2064, 0x2066, 0x2069, 0x206F, 0xFEFF}) {
    utf8proc_uint8_t bytes[4];
    auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), bytes);
    std::string text(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(length));
    EXPECT_EQ(make_safe_name("a" + text + "b"), "a_b") << std::hex << static_cast<unsigned>(c);
  }
  EXPECT_EQ(make_safe_name("\u00A0\u2010\u2070"), "\u00A0\u2010\u2070");
}

TEST(SafeName, KeepsDeviceNamesAwayFromWindows) {
  EXPECT_EQ(make_safe_name("CON"), "CON_");
  EXPECT_EQ(make_safe_name("con.txt"), "con_.txt");
  EXPECT_EQ(make_safe_name("NUL.tar.gz"), "NUL_.tar.gz");
  EXPECT_EQ(make_safe_name("Aux .png"), "Aux _.png");
  EXPECT_EQ(make_safe_name("COM1"), "COM1_");
  EXPECT_EQ(make_safe_name("COM\u00B9"), "COM\u00B9_");
  EXPECT_EQ(make_safe_name("lpt\u00B3.x"), "lpt\u00B3_.x");
  EXPECT_EQ(make_safe_name("LPT9.jpg"), "LPT9_.jpg");
  EXPECT_EQ(make_safe_name("CONIN$"), "CONIN$_");
  EXPECT_EQ(make_safe_name("conout$.log"), "conout$_.log");
  EXPECT_EQ(make_safe_name("PRN."), "PRN_");
}

TEST(SafeName, IsNfc) {
  EXPECT_EQ(make_safe_name("u\u0308.txt"), "\u00FC.txt");
  EXPECT_EQ(make_safe_name("\u212B"), "\u00C5");
  EXPECT_EQ(make_safe_name("<\u0338"), "\u226E");  // normalised first: one character, and harmless
  EXPECT_EQ(make_safe_name("\u1112\u1161\u11AB"), "\uD55C");
}

TEST(SafeName, TakesBytesThatAreNotText) {
  EXPECT_EQ(make_safe_name("a\xFF\xC3.jpg"), "a__.jpg");
  EXPECT_EQ(make_safe_name("\xED\xA0\x80"), "___");  // a surrogate
  EXPECT_EQ(make_safe_name("\xC0\xAF"), "__");       // '/' in an overlong form
}

TEST(SafeName, CutsBeforeTheExtensionBetweenCharacters) {
  EXPECT_EQ(make_safe_name(std::string(300, 'x') + ".jpg"), std::string(251, 'x') + ".jpg");
  EXPECT_EQ(make_safe_name(times(100, "\u5199") + ".jpg"), times(83, "\u5199") + ".jpg");
  EXPECT_EQ(make_safe_name(times(80, "\U0001F600")), times(63, "\U0001F600"));
  EXPECT_EQ(make_safe_name(std::string(250, 'x') + "..... .jpg"), std::string(250, 'x') + "_.jpg");
  EXPECT_EQ(make_safe_name("a." + std::string(300, 'x')), "a." + std::string(253, 'x'));
  EXPECT_EQ(make_safe_name(std::string(254, 'x') + ".y z"), std::string(251, 'x') + ".y z");
  EXPECT_EQ(make_safe_name("con" + std::string(300, ' ') + "x.txt"), "con" + std::string(248, '_') + ".txt");
  EXPECT_EQ(make_safe_name(std::string(1'000'000, 'x') + ".jpg"), std::string(251, 'x') + ".jpg");
}

TEST(SafeName, TakesLongRunsOfMarksInReasonableTime) {
  auto name = "a" + times(100'000, "\u0315\u0316");  // each pair in the wrong order
  EXPECT_LE(make_safe_name(name).size(), 255u);
}

TEST(CollisionKey, IgnoresCaseAndForm) {
  EXPECT_EQ(collision_key("HERO.JPG"), collision_key("hero.jpg"));
  EXPECT_EQ(collision_key("STRASSE"), collision_key("Stra\u00DFe"));
  EXPECT_EQ(collision_key("\u00DC"), collision_key("u\u0308"));
  EXPECT_EQ(collision_key("\u03A3\u03C2"), collision_key("\u03C3\u03C3"));
  EXPECT_EQ(collision_key("\u0390"), collision_key("\u03AA\u0301"));
  EXPECT_EQ(collision_key("\u03B1\u0345\u0301"), collision_key("\u1FB4"));  // marks in another order
  EXPECT_EQ(collision_key("\u212A"), collision_key("k"));
}

TEST(CollisionKey, KnowsNoLocale) {
  EXPECT_EQ(collision_key("I"), "i");
  EXPECT_NE(collision_key("\u0130"), collision_key("i"));  // dotted capital I
  EXPECT_NE(collision_key("\u0131"), collision_key("i"));  // dotless small i
}

TEST(NumberedName, CountsBeforeTheExtension) {
  EXPECT_EQ(numbered_name("hero.jpg", 2), "hero (2).jpg");
  EXPECT_EQ(numbered_name("hero", 3), "hero (3)");
  EXPECT_EQ(numbered_name(".htaccess", 2), ".htaccess (2)");
  EXPECT_EQ(numbered_name("a.tar.gz", 2), "a.tar (2).gz");
  EXPECT_EQ(numbered_name("", 2), "_ (2)");
  EXPECT_EQ(numbered_name(std::string(251, 'x') + ".jpg", 4294967295u), std::string(238, 'x') + " (4294967295).jpg");
}

TEST(SplitExtension, TakesTheLastDot) {
  auto parts = [](std::string_view name) {
    auto [stem, extension] = split_extension(name);
    return std::string(stem) + "|" + std::string(extension);
  };
  EXPECT_EQ(parts("hero.jpg"), "hero|.jpg");
  EXPECT_EQ(parts("a.tar.gz"), "a.tar|.gz");
  EXPECT_EQ(parts("hero"), "hero|");
  EXPECT_EQ(parts(".profile"), ".profile|");
  EXPECT_EQ(parts(""), "|");
  EXPECT_EQ(parts("a." + std::string(63, 'x')), "a|." + std::string(63, 'x'));
  EXPECT_EQ(parts("a." + std::string(64, 'x')), "a." + std::string(64, 'x') + "|");
}

// Makes names out of everything that a rule is about, joined at random.
class NameGenerator {
 public:
  explicit NameGenerator(unsigned seed) : random_(seed) {}

  std::string next() {
    std::string name;
    auto pieces = pick(4) == 0 ? pick(100) : pick(7);  // one in four may be too long
    while (pieces-- > 0) name += piece();
    return name;
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }

  std::string piece() {
    static const std::vector<std::string> kPieces = {"CON",
                                                     "con.txt",
                                                     "COM1",
                                                     "COM\u00B9",
                                                     "LPT9",
                                                     "CONIN$",
                                                     "NUL.tar.gz",
                                                     "aux",
                                                     "PRN",
                                                     "CONOUT$",
                                                     ".",
                                                     "..",
                                                     " ",
                                                     "   ",
                                                     ". .",
                                                     "/",
                                                     "\\",
                                                     "<",
                                                     ">",
                                                     ":",
                                                     "\"",
                                                     "|",
                                                     "?",
                                                     "*",
                                                     "\t",
                                                     "\x7F",
                                                     "_",
                                                     "a",
                                                     "hero",
                                                     ".jpg",
                                                     "$",
                                                     "1",
                                                     "(2)",
                                                     "\u00FC",
                                                     "u\u0308",
                                                     "\u0301",
                                                     "\u0338",
                                                     "\u0345",
                                                     "\u0315",
                                                     "\u0316",
                                                     "\u0334",
                                                     "\u1112",
                                                     "\u1161",
                                                     "\u11A8",
                                                     "\u11A7",
                                                     "\uAC00",
                                                     "\u0130",
                                                     "\u0131",
                                                     "\u00DF",
                                                     "\u1E9E",
                                                     "\u03C2",
                                                     "\u0390",
                                                     "\u1FB4",
                                                     "\uFB01",
                                                     "\u2126",
                                                     "\u212A",
                                                     "\u037E",
                                                     "\u1FEF",
                                                     "\u2000",
                                                     "\u3000",
                                                     "\u00A0",
                                                     "\u0958",
                                                     "\u09C7\u09BE",
                                                     "\U0001D15E",
                                                     "\U000110A5",
                                                     "\U00011099\U000110BA",
                                                     "\u202E",
                                                     "\u2066",
                                                     "\u200B",
                                                     "\u200D",
                                                     "\u2060",
                                                     "\uFEFF",
                                                     "\u2028",
                                                     "\u0085",
                                                     "\u061C",
                                                     "\U0001F468\u200D\U0001F469",
                                                     "\u5199",
                                                     "\xFF",
                                                     "\xC3",
                                                     "\xED\xA0\x80",
                                                     "\xC0\xAF",
                                                     "\xF4\x90\x80\x80",
                                                     "\x80",
                                                     std::string(1, '\0'),
                                                     std::string(60, 'y'),
                                                     std::string(250, 'x')};
    switch (pick(4)) {
      case 0:
        return std::string(1, static_cast<char>(pick(256)));
      case 1:
        return character();
      default:
        return kPieces[pick(kPieces.size())];
    }
  }
  std::string character() {  // any that Unicode has, small numbers more often
    static constexpr std::size_t kLimits[] = {0x80, 0x800, 0x3100, 0x10000, 0x110000};
    auto c = static_cast<utf8proc_int32_t>(pick(kLimits[pick(5)]));
    if (!utf8proc_codepoint_valid(c)) return "";
    utf8proc_uint8_t bytes[4];
    auto length = utf8proc_encode_char(c, bytes);
    return {reinterpret_cast<char*>(bytes), static_cast<std::size_t>(length)};
  }
  std::mt19937 random_;
};

void expect_safe(const std::string& safe, const std::string& from) {
  ASSERT_FALSE(safe.empty()) << from;
  ASSERT_LE(safe.size(), 255u) << from;
  ASSERT_TRUE(is_valid_utf8(safe)) << from;
  ASSERT_EQ(safe.find_first_of("<>:\"/\\|?*"), std::string::npos) << from;
  ASSERT_EQ(safe.find('\0'), std::string::npos) << from;
  ASSERT_TRUE(safe.back() != '.' && safe.back() != ' ') << from;
  ASSERT_EQ(make_safe_name(safe), safe) << from;
}

TEST(Names, AreSafeAndStableWhateverComesIn) {
  NameGenerator generator(20240607);
  for (int i = 0; i < 200'000; ++i) {
    auto name = generator.next();
    auto shown = format_hex(bytes_of(name));
    auto safe = make_safe_name(name);
    expect_safe(safe, shown);
    if (HasFatalFailure()) return;
    if (i % 4) continue;
    expect_safe(numbered_name(name, static_cast<unsigned>(i)), shown);
    auto key = collision_key(name);
    ASSERT_EQ(collision_key(key), key) << shown;
    auto [stem, extension] = split_extension(name);
    ASSERT_EQ(std::string(stem) + std::string(extension), name);
    if (HasFatalFailure()) return;
  }
}

// What a file system that normalises hands back is the same name.
TEST(Names, AreTheSameForEveryFormOfOneText) {
  NameGenerator generator(7);
  for (int i = 0; i < 20'000; ++i) {
    auto name = replace_invalid_utf8(generator.next());
    std::erase(name, '\0');
    if (name.size() > 1000) continue;  // beyond 4,096 bytes the form may decide what is cut
    auto decomposed = utf8proc_NFD(reinterpret_cast<const utf8proc_uint8_t*>(name.c_str()));
    std::string other(reinterpret_cast<char*>(decomposed));
    std::free(decomposed);
    ASSERT_EQ(make_safe_name(other), make_safe_name(name)) << format_hex(bytes_of(name));
    ASSERT_EQ(collision_key(other), collision_key(name)) << format_hex(bytes_of(name));
  }
}

}  // namespace
}  // namespace dray::zip
