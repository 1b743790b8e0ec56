#include "lang/is/recipe.h"

#include <gtest/gtest.h>

namespace dray::is {
namespace {

std::optional<std::string> find_macro(std::string_view name) {
  if (name == "view") return "wid=240&fmt=jpeg&qlt=85&bgc=200,200,200&align=-1,-1";
  if (name == "nested") return "$view$&hei=10";
  if (name == "circle") return "$circle$";
  return std::nullopt;
}

Recipe recipe_of(std::string_view query) {
  auto reading = read_query(query, find_macro);
  EXPECT_TRUE(reading) << query << ": " << reading.error().message;
  return reading ? reading->recipe : Recipe();
}

std::string canonical(std::string_view query) { return format_query(recipe_of(query)); }

std::string complaint(std::string_view query) {
  auto reading = read_query(query, find_macro);
  EXPECT_FALSE(reading) << query;
  return reading ? "" : reading.error().message;
}

TEST(Recipe, ReadsCommandsInAnyCaseAndTheLastOneCounts) {
  EXPECT_EQ(recipe_of("WID=600").width, 600);
  EXPECT_EQ(recipe_of("wid=100&wid=600").width, 600);
  EXPECT_EQ(recipe_of("wid=%36%30%30").width, 600);
  EXPECT_EQ(recipe_of(""), Recipe());
  EXPECT_EQ(recipe_of("wid=600&.cb=12345"), recipe_of("wid=600"));
}

TEST(Recipe, ReplacesPresetsWhereTheyStand) {
  EXPECT_EQ(recipe_of("wid=480&$view$").width, 240);
  EXPECT_EQ(recipe_of("$View$&wid=480").width, 480);
  EXPECT_EQ(recipe_of("$nested$").height, 10);
  EXPECT_EQ(complaint("$nosuch$"), "there is no image preset $nosuch$");
  EXPECT_EQ(complaint("$circle$"), "the image preset $circle$ goes round in circles");
}

TEST(Recipe, ReplacesVariablesBehindTheirDefinition) {
  EXPECT_EQ(recipe_of("$w=300&wid=$w$").width, 300);
  EXPECT_EQ(recipe_of("$W=3&wid=$w$00").width, 300);
  EXPECT_EQ(recipe_of("$a=$b$&$b=7&icc=x$a$y$b$").profile->name, "x$b$y7") << "once, not again";
  EXPECT_EQ(complaint("wid=$nope$"), "wid takes a number, and not \"$nope$\"");
  EXPECT_EQ(complaint("wid=$w$&$w=300"), "wid takes a number, and not \"$w$\"");
}

TEST(Recipe, IgnoresUnknownCommandsAndNamesThem) {
  auto reading = read_query("wid=600&foo=1&bar", find_macro);
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->recipe.width, 600);
  EXPECT_EQ(reading->unknown, (std::vector<std::string>{"foo", "bar"}));
}

TEST(Recipe, SaysWhatIsWrong) {
  EXPECT_EQ(complaint("wid=abc"), "wid takes a number, and not \"abc\"");
  EXPECT_EQ(complaint("wid=0"), "wid takes a number from 1 to 1000000, and not 0");
  EXPECT_EQ(complaint("wid=1.5"), "wid takes a whole number");
  EXPECT_EQ(complaint("qlt=101"), "qlt takes a number from 1 to 100, and not 101");
  EXPECT_EQ(complaint("jpegSize=-1"), "jpegsize takes a number from 0 to 1000000, and not -1");
  EXPECT_EQ(complaint("resMode=bogus"), "resmode takes one of bilin, bicub, sharp2, bisharp, sharp, and not \"bogus\"");
  EXPECT_EQ(complaint("fit=constrain"), "fit needs wid or hei");
  EXPECT_EQ(complaint("fit=crop&wid=3&req=tmb"), "fit does not go with req=tmb");
  EXPECT_EQ(complaint("fmt=tif-alpha,,jpeg"), "fmt cannot compress tif-alpha with jpeg");
  EXPECT_EQ(complaint("fmt=jpeg,,lzw"), "fmt cannot compress jpeg with lzw");
  EXPECT_EQ(complaint("fmt=png,cmyk"), "png cannot hold cmyk pixels");
  EXPECT_EQ(complaint("fmt=jpegxr"), "fmt cannot be jpegxr; use jpeg2000 or webp");
  EXPECT_EQ(complaint("fmt=jpeg-alpha"), "fmt does not know the format \"jpeg-alpha\"");
  EXPECT_EQ(complaint("icc=AdobeRGB,bogus"),
            "icc takes one of perceptual, relative, saturation, absolute, and not \"bogus\"");
  EXPECT_EQ(complaint("crop=1,2,3"), "crop has too few values");
  EXPECT_EQ(complaint("scl=2,3"), "scl has too many values");
  EXPECT_EQ(complaint("layer=0&wid=3"), "layer is not supported");
  EXPECT_EQ(complaint("=3"), "a command has no name");
  EXPECT_EQ(complaint("wid=%3"), "\"%3\" has a % without two hexadecimal digits behind it");
  EXPECT_EQ(complaint("req=nothing").substr(0, 17), "req takes one of ");
  EXPECT_EQ(complaint("$view"), "$view is neither a preset, like $name$, nor a variable, like $name=value");
  EXPECT_NE(complaint("$$"), "");
  EXPECT_NE(complaint("$w$=3"), "");
  EXPECT_EQ(complaint("op_colorize=a0b0c080"), "op_colorize takes an RGB colour, like a0b0c0");
  EXPECT_EQ(complaint("fmt=tif,lzw,none"), "fmt takes one compression");
  EXPECT_EQ(complaint("fmt=m3u8"), "fmt cannot be m3u8; use jpeg2000 or webp");
  EXPECT_EQ(complaint("scl=+-5"), "scl takes a number, and not \"+-5\"");
  EXPECT_EQ(complaint("id=" + std::string(201, 'x') + "&req=props,json"), "id takes at most 200 characters");
  for (const auto* value :
       {"NaN", "inf", "-inf", "1e3", "0x10", "", "-", ".", "--1", "99999999999999999999999999999999"})
    EXPECT_NE(complaint("scl=" + std::string(value)), "") << value;
  EXPECT_EQ((*parse_query(".x&defaultImage=$Object$-small", no_macro, "a/b.jpg"))[0].value, "a/b.jpg-small");
  EXPECT_EQ((*parse_query("defaultImage=$object$", no_macro))[0].value, "$object$");
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "wid=1&";
  EXPECT_EQ(complaint(many), "the request has more than 1000 commands");
}

TEST(Recipe, KnowsWhatAFormatCanHold) {
  EXPECT_EQ(recipe_of("fmt=tif,cmyk,lzw").output->compression, Compression::lzw);
  EXPECT_EQ(recipe_of("fmt=tif,lzw"), recipe_of("fmt=tiff,,lzw"));
  EXPECT_EQ(recipe_of("fmt=heic,,lossless").output->compression, Compression::lossless);
  EXPECT_EQ(recipe_of("fmt=jpeg,rgb,none"), recipe_of("fmt=jpg,rgb"));
  EXPECT_TRUE(recipe_of("fmt=png8-alpha").output->alpha);
  EXPECT_TRUE(read_query("fmt=png,cmyk&icc=AdobeRGB", find_macro)) << "beside icc the pixel type is ignored";
}

TEST(Recipe, HasOneCanonicalForm) {
  EXPECT_EQ(canonical("hei=2&wid=1"), "wid=1&hei=2");
  EXPECT_EQ(canonical("op_invert=0&op_blur=0&op_usm=0,0,0,0&rotate=360&opac=100&size=0,0&dpr=off&op_noise=0"), "");
  EXPECT_EQ(canonical("rotate=-90"), "rotate=270");
  EXPECT_EQ(canonical("bgc=ff0000"), canonical("bgc=255,0,0"));
  EXPECT_EQ(canonical("icc=Adobe%20RGB%20(1998),relative,1,0"), "icc=Adobe%20RGB%20(1998),relative,1,0");
  EXPECT_EQ(canonical("cropN=.5,0.50,+.5,0.5"), "cropn=0.5,0.5,0.5,0.5");
  EXPECT_EQ(canonical("crop=1,2,3,4&cropN=0,0,1,1"), "cropn=0,0,1,1");
}

TEST(Recipe, SurvivesEveryForm) {
  for (const auto* query :
       {"wid=1&hei=2&fit=crop,1&align=-1,0.5&scl=3", "rgn=-1,2,3,4&rect=0,0,10,10,0.5&size=200,0&scale=0.25&res=18",
        "flip=lrud&rotate=30.123456&extend=5,-5,5,5&bgc=0,100,100,0k&bgColor=0x80&opac=50,20&dpr=on,1.5",
        "extendN=0.1,0.1,0,0&fmt=gif-alpha&quantize=adaptive,off,2,000000,ffffff", "fmt=pdf,cmyk,jpeg&qlt=80,1",
        "fmt=pjpeg&pscan=4&jpegSize=10&resMode=sharp&iccEmbed=1&xmpEmbed=0&pathEmbed=1&printRes=300",
        "icc=WebCoated,absolute,0,1&op_colorbalance=1,-2,3&op_brightness=58&op_contrast=-5&op_hue=180&op_saturation=-"
        "100",
        "op_colorize=a0b0c0,off,10&op_invert=1&op_grow=-3&op_growMask=2&op_blur=7&op_noise=5,gaussian,1&op_sharpen=1",
        "op_colorize=.05,1,2", "op_colorize=33.5,0,0,off", "bgc=33.333&bgColor=100.00",
        "op_colorize=1,2,3&op_growMaskR=2&op_usm=1.75,0.3,2,0", "op_usmR=5,250,255,1",
        "bgc=1,2,3,4s&bgColor=33.3,50g"}) {
    auto recipe = recipe_of(query);
    EXPECT_NE(recipe, Recipe());
    EXPECT_EQ(recipe_of(format_query(recipe)), recipe) << format_query(recipe);
    auto again = recipe_from_json(to_json(recipe));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, recipe);
  }
}

TEST(Recipe, TakesNumbersAndBooleansInJson) {
  auto recipe = recipe_from_json({{"wid", 600}, {"op_invert", true}, {"printRes", 72.5}});
  ASSERT_TRUE(recipe) << recipe.error().message;
  EXPECT_EQ(format_query(*recipe), "wid=600&printres=72.5&op_invert=1");
  EXPECT_EQ(recipe_from_json({{"width", 600}}).error().message, "there is no command width");
  EXPECT_EQ(recipe_from_json({{"wid", nullptr}}).error().message, "wid takes text or a number");
  EXPECT_FALSE(recipe_from_json(json::value(3)));
}

TEST(Recipe, ReadsWhatIsAsked) {
  auto reading = read_query("req=props,json&id=7&handler=a.b&wid=3", find_macro);
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->question, (Question{Question::Kind::props, Question::Form::json, "7", "a.b", ""}));
  EXPECT_EQ(complaint("handler=alert(1)"), "handler takes the name of a function");
}

TEST(Color, ReadsEveryNotation) {
  auto color = [](std::string_view text) { return format_color(*parse_color(text)); };
  EXPECT_EQ(color("255,128,0"), "255,128,0");
  EXPECT_EQ(color("FF8000"), "255,128,0");
  EXPECT_EQ(color("0xff8000r"), "255,128,0");
  EXPECT_EQ(color("ff800000"), "255,128,0,0");
  EXPECT_EQ(color("0,100,100,0k"), "0,100,100,0k");
  EXPECT_EQ(color("00ffff00k"), "0,100,100,0k");
  EXPECT_EQ(color("0,100,100,0,50k"), "0,100,100,0,50k");
  EXPECT_EQ(color("50"), "50g");
  EXPECT_EQ(color("50,25G"), "50,25g");
  EXPECT_EQ(color("0xff"), "100g");
  EXPECT_EQ(color("0xff00"), "100,0g");
  EXPECT_EQ(color("1,2,3S"), "1,2,3s");
  for (const auto* text :
       {"", "s", "k", "red", "256,0,0", "-1,0,0", "1,2,3,4,5", "ff00", "0xf", "1,2,3,4,5,6k", "101", "ff000"})
    EXPECT_FALSE(parse_color(text)) << text;
}

}  // namespace
}  // namespace dray::is
