// What an Image Serving request asks for, as one value. Three forms mean the same: commands, JSON, this value.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "lang/is/color.h"
#include "lang/is/command.h"

namespace dray::is {

struct Fit {
  enum class Mode { fit, constrain, crop, wrap, stretch, hfit, vfit };
  Mode mode = Mode::fit;
  bool enlarges = false;
  bool operator==(const Fit&) const = default;
};

struct Align {  // -1 to 1: left to right, top to bottom
  double horizontal = 0, vertical = 0;
  bool operator==(const Align&) const = default;
};

struct Box {  // pixels
  int x = 0, y = 0, width = 0, height = 0;
  bool operator==(const Box&) const = default;
};

struct Tile {
  Box box;
  double scale = 1;  // of the view before the box is taken; 0.5 halves it
  bool operator==(const Tile&) const = default;
};

struct Crop {
  double x = 0, y = 0, width = 0, height = 0;  // pixels of the source, or fractions of it
  bool is_fraction = false;
  bool operator==(const Crop&) const = default;
};

struct Extend {
  double left = 0, top = 0, right = 0, bottom = 0;  // pixels, or fractions of the layer; negative trims
  bool is_fraction = false;
  bool operator==(const Extend&) const = default;
};

struct SizeLimit {  // pixels; 0: free
  int width = 0, height = 0;
  bool operator==(const SizeLimit&) const = default;
};

struct Flip {
  bool left_right = false, up_down = false;
  bool operator==(const Flip&) const = default;
};

struct Opacity {  // percent
  double opacity = 100, fill = 100;
  bool operator==(const Opacity&) const = default;
};

enum class PixelType { rgb, gray, cmyk };
enum class Compression { none, lzw, zip, jpeg, lossy, lossless };

struct Output {
  enum class Format { jpeg, pjpeg, png, png8, gif, tif, pdf, eps, webp, avif, heic, jpeg2000, jxl };
  Format format = Format::jpeg;
  bool alpha = false;
  std::optional<PixelType> pixel_type;
  std::optional<Compression> compression;
  bool operator==(const Output&) const = default;
};

std::string_view name_of(Output::Format format);  // as `fmt` says it
bool can_hold(Output::Format format, PixelType type);

struct Quality {
  int quality = 80;          // 1 to 100
  bool full_chroma = false;  // 4:4:4, else 4:2:0
  bool operator==(const Quality&) const = default;
};

struct Quantize {
  enum class Palette { adaptive, web, mac };
  Palette palette = Palette::adaptive;
  bool diffuse = true;
  int colors = 256;                 // 2 to 256
  std::vector<std::string> listed;  // RRGGBB, the first of the palette
  bool operator==(const Quantize&) const = default;
};

enum class Resampling { bilin, bicub, sharp2, bisharp };
enum class Intent { perceptual, relative, saturation, absolute };

struct ProfileChoice {
  std::string name;
  std::optional<Intent> intent;  // else the server's
  std::optional<bool> black_point_compensation, dither;
  bool operator==(const ProfileChoice&) const = default;
};

struct Colorize {
  Color color;
  bool normalize = true;
  double contrast_range = 0;  // percent; 0 keeps it
  bool operator==(const Colorize&) const = default;
};

struct Noise {
  double amount = 0;  // percent
  bool gaussian = false, gray = false;
  bool operator==(const Noise&) const = default;
};

struct UnsharpMask {
  double amount = 0;     // 0 to 5
  double radius = 0;     // 0 to 250 pixels
  double threshold = 0;  // 0 to 255
  bool brightness_only = false;
  bool scales = true;  // the radius is that of the full size
  bool operator==(const UnsharpMask&) const = default;
};

struct GrowMask {
  int pixels = 0;
  bool scales = true;
  bool operator==(const GrowMask&) const = default;
};

// How a rendition is made from its source. What is not set is the server's choice.
struct Recipe {
  // size and geometry
  std::optional<int> width, height;  // pixels
  std::optional<Fit> fit;
  std::optional<Align> align;
  std::optional<double> reduction;  // scl: 2 is half the size
  std::optional<Box> region;
  std::optional<Tile> tile;
  std::optional<Crop> crop;
  std::optional<SizeLimit> size_limit;
  std::optional<double> scale, resolution;
  std::optional<Flip> flip;
  double rotation = 0;  // degrees, clockwise, 0 to below 360
  std::optional<Extend> extend;
  std::optional<Color> background, layer_background;
  std::optional<Opacity> opacity;
  std::optional<double> pixel_ratio;
  // output
  std::optional<Output> output;
  std::optional<Quality> quality;
  std::optional<Quantize> quantize;
  int largest_jpeg = 0;  // KB of 1024 bytes; 0: any
  std::optional<int> scans;
  std::optional<Resampling> resampling;
  std::optional<ProfileChoice> profile;
  std::optional<bool> embeds_profile, embeds_xmp, embeds_paths;
  std::optional<double> print_resolution;  // dots per inch
  // operations
  bool invert = false, sharpen = false;
  double blur = 0;                                               // radius in pixels
  double brightness = 0, contrast = 0, saturation = 0, hue = 0;  // -100 to 100; hue: -180 to 180 degrees
  std::optional<std::array<double, 3>> color_balance;
  std::optional<Colorize> colorize;
  std::optional<Noise> noise;
  std::optional<UnsharpMask> unsharp_mask;
  int grow = 0;  // pixels
  std::optional<GrowMask> grow_mask;

  bool operator==(const Recipe&) const = default;
};

// What is asked about the image, and in which form it is answered.
struct Question {
  enum class Kind { img, tmb, mask, props, imageprops, exists, validate, resolve, userdata, xmp };
  enum class Form { text, javascript, xml, json };
  Kind kind = Kind::img;
  Form form = Form::text;
  std::string id, handler;  // of a JSON answer that is a function call
  std::string default_image;
  bool operator==(const Question&) const = default;
};

struct Reading {
  Recipe recipe;
  Question question;
  std::vector<std::string> unknown;  // commands that are not known, and ignored
};

// Code::invalid: a value that breaks its grammar or range, and what does not go together; the message says what would.
Result<Reading> read_commands(const std::vector<Command>& commands);
// parse_query() and read_commands().
Result<Reading> read_query(std::string_view query, const FindMacro& find_macro, std::string_view object = {});

// The canonical form: equal recipes have equal text, and reading it gives the recipe again.
std::string format_query(const Recipe& recipe);
// Its commands and their values: {"wid": "600", "fmt": "png-alpha"}.
json::object to_json(const Recipe& recipe);
Result<Recipe> recipe_from_json(const json::value& value);  // numbers and booleans may stand for their text

}  // namespace dray::is
