#include "lang/mail/language.h"

#include <gtest/gtest.h>

namespace dray::mail {
namespace {

using Names = std::vector<std::string>;

TEST(Languages, AreTriedFromTheNearestToEnglish) {
  EXPECT_EQ(language_candidates("pt-BR"), (Names{"pt-br", "pt", "en"}));
  EXPECT_EQ(language_candidates("pt_BR"), (Names{"pt-br", "pt", "en"}));
  EXPECT_EQ(language_candidates("DE"), (Names{"de", "en"}));
  EXPECT_EQ(language_candidates("es-419"), (Names{"es-419", "es", "en"}));
}

TEST(Languages, AreNamedOnce) {
  EXPECT_EQ(language_candidates("en"), (Names{"en"}));
  EXPECT_EQ(language_candidates("en-US"), (Names{"en-us", "en"}));
}

TEST(Languages, CannotBecomeAPath) {
  for (std::string_view bad : {"", "-", "pt-", "-br", "p", "pt-B", "pt-BR-x", "../de", "de/..", "de.txt", "d1",
                               "deutsch ", "dé", "abcdefghi", "de-abcdefghi", "*", " de"})
    EXPECT_EQ(language_candidates(bad), (Names{"en"})) << bad;
}

}  // namespace
}  // namespace dray::mail
