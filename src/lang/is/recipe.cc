#include "lang/is/recipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>
#include <span>

#include "base/text.h"
#include "lang/is/numbers.h"

namespace dray::is {
namespace {

constexpr double kMost = 1'000'000;  // pixels, and whatever has no bound of its own

Error invalid(std::string message) { return {Code::invalid, std::move(message)}; }

template <typename T>
struct Word {
  std::string_view text;
  T value;
};

constexpr Word<Fit::Mode> kFitModes[] = {{"fit", Fit::Mode::fit},         {"constrain", Fit::Mode::constrain},
                                         {"crop", Fit::Mode::crop},       {"wrap", Fit::Mode::wrap},
                                         {"stretch", Fit::Mode::stretch}, {"hfit", Fit::Mode::hfit},
                                         {"vfit", Fit::Mode::vfit}};
constexpr Word<PixelType> kPixelTypes[] = {
    {"rgb", PixelType::rgb}, {"gray", PixelType::gray}, {"cmyk", PixelType::cmyk}};
constexpr Word<Compression> kCompressions[] = {{"none", Compression::none},   {"lzw", Compression::lzw},
                                               {"zip", Compression::zip},     {"jpeg", Compression::jpeg},
                                               {"lossy", Compression::lossy}, {"lossless", Compression::lossless}};
constexpr Word<Quantize::Palette> kPalettes[] = {
    {"adaptive", Quantize::Palette::adaptive}, {"web", Quantize::Palette::web}, {"mac", Quantize::Palette::mac}};
constexpr Word<Resampling> kResamplings[] = {{"bilin", Resampling::bilin},
                                             {"bicub", Resampling::bicub},
                                             {"sharp2", Resampling::sharp2},
                                             {"bisharp", Resampling::bisharp},
                                             {"sharp", Resampling::sharp2}};
constexpr Word<Intent> kIntents[] = {{"perceptual", Intent::perceptual},
                                     {"relative", Intent::relative},
                                     {"saturation", Intent::saturation},
                                     {"absolute", Intent::absolute}};
constexpr Word<Flip> kFlips[] = {{"lr", {true, false}}, {"ud", {false, true}}, {"lrud", {true, true}}};
constexpr Word<Question::Kind> kQuestions[] = {{"img", Question::Kind::img},
                                               {"tmb", Question::Kind::tmb},
                                               {"mask", Question::Kind::mask},
                                               {"props", Question::Kind::props},
                                               {"imageprops", Question::Kind::imageprops},
                                               {"exists", Question::Kind::exists},
                                               {"validate", Question::Kind::validate},
                                               {"resolve", Question::Kind::resolve},
                                               {"userdata", Question::Kind::userdata},
                                               {"xmp", Question::Kind::xmp}};
constexpr Word<Question::Form> kForms[] = {{"text", Question::Form::text},
                                           {"javascript", Question::Form::javascript},
                                           {"xml", Question::Form::xml},
                                           {"json", Question::Form::json}};
constexpr Word<bool> kSwitch[] = {{"0", false}, {"1", true}};
constexpr Word<bool> kDithers[] = {{"diffuse", true}, {"off", false}};
constexpr Word<bool> kNormalize[] = {{"norm", true}, {"off", false}};
constexpr Word<bool> kDistributions[] = {{"uniform", false}, {"gaussian", true}};

// What a format can hold; the first compression is what it has when none is asked for.
struct FormatFacts {
  std::string_view name;
  Output::Format format;
  bool may_have_alpha;
  std::vector<PixelType> pixel_types;
  std::vector<Compression> compressions;
};

const std::vector<FormatFacts>& formats() {
  using F = Output::Format;
  using enum PixelType;
  using C = Compression;
  static const std::vector<FormatFacts> facts = {
      {"jpeg", F::jpeg, false, {rgb, gray, cmyk}, {C::none}},
      {"jpg", F::jpeg, false, {rgb, gray, cmyk}, {C::none}},
      {"pjpeg", F::pjpeg, false, {rgb, gray, cmyk}, {C::none}},
      {"png", F::png, true, {rgb, gray}, {C::none}},
      {"png8", F::png8, true, {rgb}, {C::none}},
      {"gif", F::gif, true, {rgb, gray}, {C::none}},
      {"tif", F::tif, true, {rgb, gray, cmyk}, {C::none, C::lzw, C::zip, C::jpeg}},
      {"tiff", F::tif, true, {rgb, gray, cmyk}, {C::none, C::lzw, C::zip, C::jpeg}},
      {"pdf", F::pdf, false, {rgb, gray, cmyk}, {C::none, C::zip, C::jpeg}},
      {"eps", F::eps, false, {rgb, gray, cmyk}, {C::none}},
      {"webp", F::webp, true, {rgb}, {C::lossy, C::lossless}},
      {"avif", F::avif, true, {rgb}, {C::lossy, C::lossless}},
      {"heic", F::heic, false, {rgb}, {C::lossy, C::lossless}},
      {"jpeg2000", F::jpeg2000, true, {rgb, gray}, {C::lossy, C::lossless}},
      {"jxl", F::jxl, true, {rgb, gray}, {C::lossy, C::lossless}}};
  return facts;
}

const FormatFacts& facts_of(Output::Format format) {
  return *std::find_if(formats().begin(), formats().end(), [&](const auto& facts) { return facts.format == format; });
}

template <typename T>
bool contains(const std::vector<T>& values, T value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

template <typename T, std::size_t n>
std::string_view text_of(const Word<T> (&words)[n], const T& value) {
  return std::find_if(std::begin(words), std::end(words), [&](const auto& word) { return word.value == value; })->text;
}

// The comma-separated arguments of one command, taken from the left. The first that is wrong is kept; what is taken
// after it means nothing.
class Arguments {
 public:
  explicit Arguments(const Command& command) : command_(command), items_(split(command.value, ',')) {}

  bool has_more() const { return at_ < items_.size() && !error_; }

  bool next_is_number() const {
    return has_more() && !items_[at_].empty() && std::strchr("0123456789.+-", items_[at_].front());
  }

  std::string_view text() {
    if (at_ < items_.size()) return items_[at_++];
    complain("has too few values");
    return "";
  }

  double real(double least, double most) {
    auto item = text();
    auto value = parse_real(item);
    if (!value)
      complain(fmt::format("takes a number, and not \"{}\"", item));
    else if (*value < least || *value > most)
      complain(fmt::format("takes a number from {} to {}, and not {}", format_real(least), format_real(most), item));
    return value.value_or(least);
  }

  double positive(double most) {
    auto value = real(0, most);
    if (value <= 0) complain("takes a number above 0");
    return value;
  }

  int integer(double least, double most) {
    auto value = real(least, most);
    if (value != std::floor(value)) complain("takes a whole number");
    return error_ ? 0 : static_cast<int>(value);
  }

  template <typename T, std::size_t n>
  T word(const Word<T> (&words)[n]) {
    auto item = text();
    for (const auto& word : words) {
      if (equal_ignoring_case(word.text, item)) return word.value;
    }
    std::string known;
    for (const auto& word : words) known += fmt::format("{}{}", known.empty() ? "" : ", ", word.text);
    complain(fmt::format("takes one of {}, and not \"{}\"", known, item));
    return words[0].value;
  }

  Color color() { return color(items_.size() - std::min(at_, items_.size())); }
  Color color(std::size_t items) {  // of so many items
    std::string written;
    for (std::size_t i = 0; i < items; ++i) written += fmt::format("{}{}", i > 0 ? "," : "", text());
    auto color = parse_color(written);
    if (!color) complain("is wrong: " + color.error().message);
    return color ? *color : Color();
  }

  void complain(const std::string& what) {
    if (!error_) error_ = invalid(command_.name + " " + what);
  }

  Result<void> finish() {
    if (at_ < items_.size()) complain("has too many values");
    return error_ ? Result<void>(*error_) : ok();
  }

 private:
  const Command& command_;
  const std::vector<std::string_view> items_;
  std::size_t at_ = 0;
  std::optional<Error> error_;
};

using Text = std::optional<std::string>;  // a command's value; nullopt: not given

struct Grammar {
  std::string_view name;
  void (*read)(Arguments& from, Recipe& into);
  Text (*write)(const Recipe& recipe);  // nullptr: another command writes it
};

Text write_switch(const std::optional<bool>& value) { return value ? Text(*value ? "1" : "0") : std::nullopt; }
Text write_real(const std::optional<double>& value) { return value ? Text(format_real(*value)) : std::nullopt; }
Text write_if_set(double value) { return value != 0 ? Text(format_real(value)) : std::nullopt; }
Text write_color(const std::optional<Color>& color) { return color ? Text(format_color(*color)) : std::nullopt; }

std::string join_reals(std::span<const double> values) {
  std::string text;
  for (double value : values) text += (text.empty() ? "" : ",") + format_real(value);
  return text;
}

Box read_box(Arguments& from) {
  Box box;
  box.x = from.integer(-kMost, kMost);
  box.y = from.integer(-kMost, kMost);
  box.width = from.integer(1, kMost);
  box.height = from.integer(1, kMost);
  return box;
}

std::string write_box(const Box& box) { return fmt::format("{},{},{},{}", box.x, box.y, box.width, box.height); }

void read_crop(Arguments& from, Recipe& into, bool is_fraction) {
  Crop crop{from.real(-kMost, kMost), from.real(-kMost, kMost), from.positive(kMost), from.positive(kMost),
            is_fraction};
  into.crop = crop;
}

Text write_crop(const Recipe& recipe, bool is_fraction) {
  const auto& crop = recipe.crop;
  if (!crop || crop->is_fraction != is_fraction) return std::nullopt;
  return join_reals(std::array{crop->x, crop->y, crop->width, crop->height});
}

void read_extend(Arguments& from, Recipe& into, bool is_fraction) {
  Extend extend{from.real(-kMost, kMost), from.real(-kMost, kMost), from.real(-kMost, kMost), from.real(-kMost, kMost),
                is_fraction};
  into.extend = extend;
}

Text write_extend(const Recipe& recipe, bool is_fraction) {
  const auto& extend = recipe.extend;
  if (!extend || extend->is_fraction != is_fraction) return std::nullopt;
  return join_reals(std::array{extend->left, extend->top, extend->right, extend->bottom});
}

void read_output(Arguments& from, Recipe& into) {
  auto name = ascii_lower(from.text());
  Output output;
  output.alpha = name.ends_with("-alpha");
  auto bare = output.alpha ? name.substr(0, name.size() - 6) : name;
  auto facts = std::find_if(formats().begin(), formats().end(), [&](const auto& known) { return known.name == bare; });
  if (facts == formats().end() || (output.alpha && !facts->may_have_alpha)) {
    bool old = bare.starts_with("jpegxr") || bare.starts_with("swf") || bare == "f4m" || bare == "m3u8";
    return from.complain(old ? fmt::format("cannot be {}; use jpeg2000 or webp", name)
                             : fmt::format("does not know the format \"{}\"", name));
  }
  output.format = facts->format;
  auto read_compression = [&](std::string_view item) {
    for (const auto& word : kCompressions) {
      if (!equal_ignoring_case(word.text, item)) continue;
      if (!contains(facts->compressions, word.value))
        from.complain(fmt::format("cannot compress {} with {}", bare, word.text));
      else if (word.value == Compression::jpeg && output.alpha)
        from.complain(fmt::format("cannot compress {} with jpeg", name));
      if (word.value != facts->compressions.front()) output.compression = word.value;
      return true;
    }
    return false;
  };
  if (from.has_more()) {
    auto item = from.text();
    auto type = std::find_if(std::begin(kPixelTypes), std::end(kPixelTypes),
                             [&](const auto& word) { return equal_ignoring_case(word.text, item); });
    if (type != std::end(kPixelTypes))
      output.pixel_type = type->value;
    else if (!item.empty() && !read_compression(item))
      from.complain(fmt::format("takes one of rgb, gray, cmyk as its second value, and not \"{}\"", item));
  }
  if (from.has_more()) {
    auto item = from.text();
    if (output.compression)
      from.complain("takes one compression");
    else if (!item.empty() && !read_compression(item))
      from.complain(fmt::format("does not know the compression \"{}\"", item));
  }
  into.output = output;
}

Text write_output(const Recipe& recipe) {
  const auto& output = recipe.output;
  if (!output) return std::nullopt;
  auto text = std::string(facts_of(output->format).name) + (output->alpha ? "-alpha" : "");
  if (output->pixel_type || output->compression) text += ",";
  if (output->pixel_type) text += text_of(kPixelTypes, *output->pixel_type);
  if (output->compression) text += fmt::format(",{}", text_of(kCompressions, *output->compression));
  return text;
}

void read_quantize(Arguments& from, Recipe& into) {
  Quantize quantize;
  quantize.palette = from.word(kPalettes);
  if (from.has_more()) quantize.diffuse = from.word(kDithers);
  if (from.has_more()) quantize.colors = from.integer(2, 256);
  while (from.has_more()) {
    auto item = ascii_lower(from.text());
    if (item.size() != 6 || !parse_hex(item))
      from.complain(fmt::format("takes colours like ff0000, and not \"{}\"", item));
    quantize.listed.push_back(std::move(item));
  }
  if (quantize.listed.size() > static_cast<std::size_t>(quantize.colors))
    from.complain("lists more colours than it asks for");
  into.quantize = std::move(quantize);
}

Text write_quantize(const Recipe& recipe) {
  const auto& quantize = recipe.quantize;
  if (!quantize) return std::nullopt;
  auto text = fmt::format("{},{},{}", text_of(kPalettes, quantize->palette), text_of(kDithers, quantize->diffuse),
                          quantize->colors);
  for (const auto& color : quantize->listed) text += "," + color;
  return text;
}

void read_profile(Arguments& from, Recipe& into) {
  ProfileChoice profile;
  profile.name = from.text();
  if (profile.name.empty() || profile.name.size() > 200) from.complain("needs the name of a profile");
  if (from.has_more()) profile.intent = from.word(kIntents);
  if (from.has_more()) profile.black_point_compensation = from.word(kSwitch);
  if (from.has_more()) profile.dither = from.word(kSwitch);
  into.profile = std::move(profile);
}

Text write_profile(const Recipe& recipe) {
  const auto& profile = recipe.profile;
  if (!profile) return std::nullopt;
  auto text = profile->name;
  if (profile->intent) text += fmt::format(",{}", text_of(kIntents, *profile->intent));
  if (auto value = write_switch(profile->black_point_compensation)) text += "," + *value;
  if (auto value = write_switch(profile->dither)) text += "," + *value;
  return text;
}

void read_colorize(Arguments& from, Recipe& into) {
  Colorize colorize;
  // The colour is one item (a0b0c0) or three (160,176,192); what follows it is a word.
  auto written = std::string(from.text());
  if (from.next_is_number()) {
    written += fmt::format(",{}", from.text());
    written += fmt::format(",{}", from.text());
  }
  auto color = parse_color(written);
  if (!color || color->kind != Color::Kind::rgb || color->alpha != 1)
    from.complain("takes an RGB colour, like a0b0c0");
  else
    colorize.color = *color;
  if (from.has_more()) colorize.normalize = from.word(kNormalize);
  if (from.has_more()) colorize.contrast_range = from.real(0, 100);
  into.colorize = colorize;
}

Text write_colorize(const Recipe& recipe) {
  const auto& colorize = recipe.colorize;
  if (!colorize) return std::nullopt;
  return fmt::format("{},{},{}", format_color(colorize->color), text_of(kNormalize, colorize->normalize),
                     format_real(colorize->contrast_range));
}

void read_noise(Arguments& from, Recipe& into) {
  Noise noise;
  noise.amount = from.real(0, 100);
  if (from.has_more()) noise.gaussian = from.word(kDistributions);
  if (from.has_more()) noise.gray = from.word(kSwitch);
  into.noise = noise.amount > 0 ? std::optional(noise) : std::nullopt;
}

Text write_noise(const Recipe& recipe) {
  const auto& noise = recipe.noise;
  if (!noise) return std::nullopt;
  return fmt::format("{},{},{}", format_real(noise->amount), text_of(kDistributions, noise->gaussian),
                     text_of(kSwitch, noise->gray));
}

void read_unsharp_mask(Arguments& from, Recipe& into, bool scales) {
  UnsharpMask mask;
  mask.scales = scales;
  mask.amount = from.real(0, 5);
  if (from.has_more()) mask.radius = from.real(0, 250);
  if (from.has_more()) mask.threshold = from.real(0, 255);
  if (from.has_more()) mask.brightness_only = from.word(kSwitch);
  into.unsharp_mask = mask.amount > 0 ? std::optional(mask) : std::nullopt;
}

Text write_unsharp_mask(const Recipe& recipe, bool scales) {
  const auto& mask = recipe.unsharp_mask;
  if (!mask || mask->scales != scales) return std::nullopt;
  return join_reals(std::array{mask->amount, mask->radius, mask->threshold}) + (mask->brightness_only ? ",1" : ",0");
}

void read_grow_mask(Arguments& from, Recipe& into, bool scales) {
  GrowMask mask{from.integer(-100, 100), scales};
  into.grow_mask = mask.pixels != 0 ? std::optional(mask) : std::nullopt;
}

Text write_grow_mask(const Recipe& recipe, bool scales) {
  const auto& mask = recipe.grow_mask;
  return mask && mask->scales == scales ? Text(std::to_string(mask->pixels)) : std::nullopt;
}

double turned_once(double degrees) {
  auto turned = rounded(std::fmod(degrees, 360));
  return turned < 0 ? rounded(turned + 360) : turned;
}

// In the order of the canonical form.
const Grammar kGrammar[] = {
    {"wid", [](Arguments& from, Recipe& into) { into.width = from.integer(1, kMost); },
     [](const Recipe& recipe) { return recipe.width ? Text(std::to_string(*recipe.width)) : std::nullopt; }},
    {"hei", [](Arguments& from, Recipe& into) { into.height = from.integer(1, kMost); },
     [](const Recipe& recipe) { return recipe.height ? Text(std::to_string(*recipe.height)) : std::nullopt; }},
    {"fit",
     [](Arguments& from, Recipe& into) {
       Fit fit;
       fit.mode = from.word(kFitModes);
       if (from.has_more()) fit.enlarges = from.word(kSwitch);
       into.fit = fit;
     },
     [](const Recipe& recipe) -> Text {
       if (!recipe.fit) return std::nullopt;
       return fmt::format("{},{}", text_of(kFitModes, recipe.fit->mode), text_of(kSwitch, recipe.fit->enlarges));
     }},
    {"align",
     [](Arguments& from, Recipe& into) {
       Align align;
       align.horizontal = from.real(-1, 1);
       align.vertical = from.real(-1, 1);
       into.align = align;
     },
     [](const Recipe& recipe) -> Text {
       if (!recipe.align) return std::nullopt;
       return join_reals(std::array{recipe.align->horizontal, recipe.align->vertical});
     }},
    {"scl", [](Arguments& from, Recipe& into) { into.reduction = from.positive(kMost); },
     [](const Recipe& recipe) { return write_real(recipe.reduction); }},
    {"rgn", [](Arguments& from, Recipe& into) { into.region = read_box(from); },
     [](const Recipe& recipe) { return recipe.region ? Text(write_box(*recipe.region)) : std::nullopt; }},
    {"rect",
     [](Arguments& from, Recipe& into) {
       Tile tile;
       tile.box = read_box(from);
       if (from.has_more()) tile.scale = from.positive(kMost);
       into.tile = tile;
     },
     [](const Recipe& recipe) -> Text {
       if (!recipe.tile) return std::nullopt;
       return write_box(recipe.tile->box) + "," + format_real(recipe.tile->scale);
     }},
    {"crop", [](Arguments& from, Recipe& into) { read_crop(from, into, false); },
     [](const Recipe& recipe) { return write_crop(recipe, false); }},
    {"cropn", [](Arguments& from, Recipe& into) { read_crop(from, into, true); },
     [](const Recipe& recipe) { return write_crop(recipe, true); }},
    {"size",
     [](Arguments& from, Recipe& into) {
       SizeLimit limit;
       limit.width = from.integer(0, kMost);
       limit.height = from.integer(0, kMost);
       into.size_limit = limit == SizeLimit() ? std::nullopt : std::optional(limit);
     },
     [](const Recipe& recipe) -> Text {
       if (!recipe.size_limit) return std::nullopt;
       return fmt::format("{},{}", recipe.size_limit->width, recipe.size_limit->height);
     }},
    {"scale", [](Arguments& from, Recipe& into) { into.scale = from.positive(kMost); },
     [](const Recipe& recipe) { return write_real(recipe.scale); }},
    {"res", [](Arguments& from, Recipe& into) { into.resolution = from.positive(kMost); },
     [](const Recipe& recipe) { return write_real(recipe.resolution); }},
    {"flip", [](Arguments& from, Recipe& into) { into.flip = from.word(kFlips); },
     [](const Recipe& recipe) { return recipe.flip ? Text(text_of(kFlips, *recipe.flip)) : std::nullopt; }},
    {"rotate", [](Arguments& from, Recipe& into) { into.rotation = turned_once(from.real(-kMost, kMost)); },
     [](const Recipe& recipe) { return write_if_set(recipe.rotation); }},
    {"extend", [](Arguments& from, Recipe& into) { read_extend(from, into, false); },
     [](const Recipe& recipe) { return write_extend(recipe, false); }},
    {"extendn", [](Arguments& from, Recipe& into) { read_extend(from, into, true); },
     [](const Recipe& recipe) { return write_extend(recipe, true); }},
    {"bgc", [](Arguments& from, Recipe& into) { into.background = from.color(); },
     [](const Recipe& recipe) { return write_color(recipe.background); }},
    {"bgcolor", [](Arguments& from, Recipe& into) { into.layer_background = from.color(); },
     [](const Recipe& recipe) { return write_color(recipe.layer_background); }},
    {"opac",
     [](Arguments& from, Recipe& into) {
       Opacity opacity;
       opacity.opacity = from.real(0, 100);
       if (from.has_more()) opacity.fill = from.real(0, 100);
       into.opacity = opacity == Opacity() ? std::nullopt : std::optional(opacity);
     },
     [](const Recipe& recipe) -> Text {
       if (!recipe.opacity) return std::nullopt;
       return join_reals(std::array{recipe.opacity->opacity, recipe.opacity->fill});
     }},
    {"dpr",
     [](Arguments& from, Recipe& into) {
       auto mode = from.text();
       into.pixel_ratio = std::nullopt;
       if (equal_ignoring_case(mode, "on"))
         into.pixel_ratio = from.positive(100);
       else if (!equal_ignoring_case(mode, "off"))
         from.complain("takes off, or on and a ratio");
     },
     [](const Recipe& recipe) -> Text {
       return recipe.pixel_ratio ? Text("on," + format_real(*recipe.pixel_ratio)) : std::nullopt;
     }},
    {"fmt", read_output, write_output},
    {"qlt",
     [](Arguments& from, Recipe& into) {
       Quality quality;
       quality.quality = from.integer(1, 100);
       if (from.has_more()) quality.full_chroma = from.word(kSwitch);
       into.quality = quality;
     },
     [](const Recipe& recipe) -> Text {
       if (!recipe.quality) return std::nullopt;
       return fmt::format("{},{}", recipe.quality->quality, text_of(kSwitch, recipe.quality->full_chroma));
     }},
    {"quantize", read_quantize, write_quantize},
    {"jpegsize", [](Arguments& from, Recipe& into) { into.largest_jpeg = from.integer(0, kMost); },
     [](const Recipe& recipe) { return write_if_set(recipe.largest_jpeg); }},
    {"pscan",
     [](Arguments& from, Recipe& into) {
       constexpr Word<int> scans[] = {{"auto", 0}, {"3", 3}, {"4", 4}, {"5", 5}};
       auto count = from.word(scans);
       into.scans = count > 0 ? std::optional(count) : std::nullopt;
     },
     [](const Recipe& recipe) { return recipe.scans ? Text(std::to_string(*recipe.scans)) : std::nullopt; }},
    {"resmode", [](Arguments& from, Recipe& into) { into.resampling = from.word(kResamplings); },
     [](const Recipe& recipe) {
       return recipe.resampling ? Text(text_of(kResamplings, *recipe.resampling)) : std::nullopt;
     }},
    {"icc", read_profile, write_profile},
    {"iccembed", [](Arguments& from, Recipe& into) { into.embeds_profile = from.word(kSwitch); },
     [](const Recipe& recipe) { return write_switch(recipe.embeds_profile); }},
    {"xmpembed", [](Arguments& from, Recipe& into) { into.embeds_xmp = from.word(kSwitch); },
     [](const Recipe& recipe) { return write_switch(recipe.embeds_xmp); }},
    {"pathembed", [](Arguments& from, Recipe& into) { into.embeds_paths = from.word(kSwitch); },
     [](const Recipe& recipe) { return write_switch(recipe.embeds_paths); }},
    {"printres", [](Arguments& from, Recipe& into) { into.print_resolution = from.positive(kMost); },
     [](const Recipe& recipe) { return write_real(recipe.print_resolution); }},
    {"op_colorbalance",
     [](Arguments& from, Recipe& into) {
       std::array<double, 3> balance{};
       for (auto& component : balance) component = from.real(-100, 100);
       into.color_balance = balance == std::array<double, 3>() ? std::nullopt : std::optional(balance);
     },
     [](const Recipe& recipe) {
       return recipe.color_balance ? Text(join_reals(*recipe.color_balance)) : std::nullopt;
     }},
    {"op_brightness", [](Arguments& from, Recipe& into) { into.brightness = from.real(-100, 100); },
     [](const Recipe& recipe) { return write_if_set(recipe.brightness); }},
    {"op_contrast", [](Arguments& from, Recipe& into) { into.contrast = from.real(-100, 100); },
     [](const Recipe& recipe) { return write_if_set(recipe.contrast); }},
    {"op_hue", [](Arguments& from, Recipe& into) { into.hue = from.real(-180, 180); },
     [](const Recipe& recipe) { return write_if_set(recipe.hue); }},
    {"op_saturation", [](Arguments& from, Recipe& into) { into.saturation = from.real(-100, 100); },
     [](const Recipe& recipe) { return write_if_set(recipe.saturation); }},
    {"op_colorize", read_colorize, write_colorize},
    {"op_invert", [](Arguments& from, Recipe& into) { into.invert = from.word(kSwitch); },
     [](const Recipe& recipe) { return recipe.invert ? Text("1") : std::nullopt; }},
    {"op_grow", [](Arguments& from, Recipe& into) { into.grow = from.integer(-100, 100); },
     [](const Recipe& recipe) { return write_if_set(recipe.grow); }},
    {"op_growmask", [](Arguments& from, Recipe& into) { read_grow_mask(from, into, true); },
     [](const Recipe& recipe) { return write_grow_mask(recipe, true); }},
    {"op_growmaskr", [](Arguments& from, Recipe& into) { read_grow_mask(from, into, false); },
     [](const Recipe& recipe) { return write_grow_mask(recipe, false); }},
    {"op_blur", [](Arguments& from, Recipe& into) { into.blur = from.real(0, 100); },
     [](const Recipe& recipe) { return write_if_set(recipe.blur); }},
    {"op_noise", read_noise, write_noise},
    {"op_sharpen", [](Arguments& from, Recipe& into) { into.sharpen = from.word(kSwitch); },
     [](const Recipe& recipe) { return recipe.sharpen ? Text("1") : std::nullopt; }},
    {"op_usm", [](Arguments& from, Recipe& into) { read_unsharp_mask(from, into, true); },
     [](const Recipe& recipe) { return write_unsharp_mask(recipe, true); }},
    {"op_usmr", [](Arguments& from, Recipe& into) { read_unsharp_mask(from, into, false); },
     [](const Recipe& recipe) { return write_unsharp_mask(recipe, false); }},
};

// Understood elsewhere, or of no consequence for the picture.
constexpr std::string_view kWithoutEffect[] = {"cache", "bfc", "network"};

// Image Serving has them, Dray does not.
constexpr std::string_view kNotSupported[] = {"layer", "text",     "textps",     "effect",    "template", "src",
                                              "mask",  "maskuse",  "anchor",     "pos",       "posn",     "origin",
                                              "map",   "imageset", "savetofile", "mbrset",    "hide",     "perspective",
                                              "sizen", "anchorn",  "originn",    "blendmode", "clippath", "clippathn"};

template <std::size_t n>
bool is_one_of(const std::string_view (&names)[n], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool is_function_name(std::string_view name) {
  return name.size() <= 100 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$.") ==
             std::string_view::npos;
}

std::string percent_encode(std::string_view value) {
  std::string out;
  for (unsigned char c : value) {
    bool plain = std::isalnum(c) || (c != '\0' && std::strchr("-._~,:()", c));
    out += plain && c < 0x80 ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
  }
  return out;
}

// Whether the command was one about the answer and not about the picture.
Result<bool> read_question(const Command& command, Question& into) {
  if (command.name == "req") {
    Arguments from(command);
    into.kind = from.word(kQuestions);
    if (from.has_more()) into.form = from.word(kForms);
    RETURN_IF_ERROR(from.finish());
  } else if (command.name == "id") {
    if (command.value.size() > 200) return invalid("id takes at most 200 characters");
    into.id = command.value;
  } else if (command.name == "handler") {
    if (!is_function_name(command.value)) return invalid("handler takes the name of a function");
    into.handler = command.value;
  } else if (command.name == "defaultimage") {
    into.default_image = command.value;
  } else {
    return false;
  }
  return true;
}

Result<void> check_together(const Recipe& recipe, const Question& question) {
  bool is_thumbnail = question.kind == Question::Kind::tmb;
  if (recipe.fit && is_thumbnail) return invalid("fit does not go with req=tmb");
  if (recipe.fit && !recipe.width && !recipe.height) return invalid("fit needs wid or hei");
  if (!recipe.output) return ok();
  const auto& output = *recipe.output;
  const auto& facts = facts_of(output.format);
  if (output.pixel_type && !recipe.profile && !contains(facts.pixel_types, *output.pixel_type))
    return invalid(fmt::format("{} cannot hold {} pixels", facts.name, text_of(kPixelTypes, *output.pixel_type)));
  if (recipe.quantize && recipe.quantize->palette == Quantize::Palette::mac && output.alpha)
    return invalid("the palette mac does not go with alpha");
  return ok();
}

}  // namespace

std::string_view name_of(Output::Format format) { return facts_of(format).name; }

bool can_hold(Output::Format format, PixelType type) { return contains(facts_of(format).pixel_types, type); }

Result<Reading> read_commands(const std::vector<Command>& commands) {
  Reading reading;
  for (const auto& command : commands) {
    auto grammar = std::find_if(std::begin(kGrammar), std::end(kGrammar),
                                [&](const Grammar& known) { return known.name == command.name; });
    if (grammar != std::end(kGrammar)) {
      Arguments from(command);
      grammar->read(from, reading.recipe);
      RETURN_IF_ERROR(from.finish());
      continue;
    }
    ASSIGN_OR_RETURN(bool is_question, read_question(command, reading.question));
    if (is_question || is_one_of(kWithoutEffect, command.name)) continue;
    if (is_one_of(kNotSupported, command.name)) return invalid(fmt::format("{} is not supported", command.name));
    reading.unknown.push_back(command.name);
  }
  RETURN_IF_ERROR(check_together(reading.recipe, reading.question));
  return reading;
}

Result<Reading> read_query(std::string_view query, const FindMacro& find_macro, std::string_view object) {
  ASSIGN_OR_RETURN(auto commands, parse_query(query, find_macro, object));
  return read_commands(commands);
}

std::string format_query(const Recipe& recipe) {
  std::string query;
  for (const auto& grammar : kGrammar) {
    if (auto value = grammar.write(recipe))
      query += fmt::format("{}{}={}", query.empty() ? "" : "&", grammar.name, percent_encode(*value));
  }
  return query;
}

json::object to_json(const Recipe& recipe) {
  json::object object;
  for (const auto& grammar : kGrammar) {
    if (auto value = grammar.write(recipe)) object[grammar.name] = *value;
  }
  return object;
}

Result<Recipe> recipe_from_json(const json::value& value) {
  if (!value.is_object()) return invalid("a recipe is a JSON object of commands and their values");
  std::vector<Command> commands;
  for (const auto& [name, item] : value.get_object()) {
    auto text = item.is_string()   ? std::string(item.get_string())
                : item.is_bool()   ? std::string(item.get_bool() ? "1" : "0")
                : item.is_number() ? format_real(item.to_number<double>())
                                   : std::string();
    if (text.empty()) return invalid(fmt::format("{} takes text or a number", std::string_view(name)));
    commands.push_back({ascii_lower(name), std::move(text)});
  }
  ASSIGN_OR_RETURN(auto reading, read_commands(commands));
  if (!reading.unknown.empty()) return invalid(fmt::format("there is no command {}", reading.unknown.front()));
  if (reading.question != Question())
    return invalid("a recipe says how a picture is made, and not what is asked about it");
  return std::move(reading.recipe);
}

}  // namespace dray::is
