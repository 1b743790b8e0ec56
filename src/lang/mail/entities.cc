#include "lang/mail/entities.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "lang/mail/characters.h"

namespace dray::mail {
namespace {

// Those that people and their editors write into mails.
constexpr Entity kEntities[] = {
    {"Agrave", "À"}, {"Auml", "Ä"},   {"Ccedil", "Ç"},    {"Eacute", "É"},   {"Egrave", "È"},   {"Ouml", "Ö"},
    {"Uuml", "Ü"},   {"aacute", "á"}, {"acirc", "â"},     {"agrave", "à"},   {"amp", "&"},      {"apos", "'"},
    {"aring", "å"},  {"auml", "ä"},   {"bull", "•"},      {"ccedil", "ç"},   {"copy", "©"},     {"eacute", "é"},
    {"ecirc", "ê"},  {"egrave", "è"}, {"euml", "ë"},      {"euro", "€"},     {"gt", ">"},       {"hellip", "…"},
    {"iacute", "í"}, {"icirc", "î"},  {"laquo", "«"},     {"ldquo", "“"},    {"lsquo", "‘"},    {"lt", "<"},
    {"mdash", "—"},  {"middot", "·"}, {"nbsp", "\u00A0"}, {"ndash", "–"},    {"ntilde", "ñ"},   {"oacute", "ó"},
    {"ocirc", "ô"},  {"oslash", "ø"}, {"ouml", "ö"},      {"quot", "\""},    {"raquo", "»"},    {"rdquo", "”"},
    {"reg", "®"},    {"rsquo", "’"},  {"sbquo", "‚"},     {"shy", "\u00AD"}, {"szlig", "ß"},    {"trade", "™"},
    {"uacute", "ú"}, {"ucirc", "û"},  {"ugrave", "ù"},    {"uuml", "ü"},     {"zwnj", "\u200C"}};

std::optional<std::string> decode_number(std::string_view digits, int base) {
  std::uint32_t code = 0;
  auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), code, base);
  if (digits.empty() || end != digits.data() + digits.size()) return std::nullopt;
  return utf8_of(failure == std::errc() && code != 0 ? code : 0xFFFD);
}

// `name` is what stands between '&' and ';'.
std::optional<std::string> decode_entity(std::string_view name) {
  if (name.starts_with("#x") || name.starts_with("#X")) return decode_number(name.substr(2), 16);
  if (name.starts_with('#')) return decode_number(name.substr(1), 10);
  auto entity = std::lower_bound(std::begin(kEntities), std::end(kEntities), name,
                                 [](const Entity& row, std::string_view wanted) { return row.name < wanted; });
  if (entity == std::end(kEntities) || entity->name != name) return std::nullopt;
  return std::string(entity->characters);
}

}  // namespace

std::span<const Entity> known_entities() { return kEntities; }

std::string decode_entities(std::string_view text) {
  constexpr std::size_t kLongest = 32;  // looked at after each '&', so that many of them cost no more than few
  std::string out;
  for (auto at = text.find('&'); at != text.npos; at = text.find('&')) {
    out += text.substr(0, at);
    text.remove_prefix(at);
    auto end = text.substr(0, kLongest).find(';');
    auto meant = end == text.npos ? std::nullopt : decode_entity(text.substr(1, end - 1));
    out += meant ? *meant : "&";
    text.remove_prefix(meant ? end + 1 : 1);
  }
  return out += text;
}

}  // namespace dray::mail
