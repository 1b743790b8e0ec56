#include "pipeline/plan/plan.h"

#include <fmt/format.h>

#include <limits>
#include <set>

#include "base/text.h"
#include "lang/zip/names.h"
#include "lang/zip/records.h"
#include "pipeline/plan/archive_names.h"

namespace dray::pipeline {
namespace {

constexpr std::size_t kLongNameUnits = 240;  // UTF-16 units; Windows Explorer refuses longer paths

std::size_t utf16_units(std::string_view utf8) {
  std::size_t units = 0;
  for (unsigned char c : utf8) units += (c & 0xC0) == 0x80 ? 0 : c >= 0xF0 ? 2 : 1;
  return units;
}

std::string_view parent_of(std::string_view path) {
  auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

// Names the entries of the whole download, in archive order; a name is unique across its parts.
class Namer {
 public:
  Namer(const DownloadRequest& request, const Selection& selection, Plan& plan)
      : options_(request.options), selection_(selection), plan_(plan) {}

  std::vector<PlannedEntry> run() {
    auto empty = empty_folders();
    std::vector<PlannedEntry> named;
    named.reserve(selection_.entries.size() + empty.size());
    std::size_t next_empty = 0;
    for (std::size_t i = 0; i < selection_.entries.size(); ++i) {
      for (; next_empty < empty.size() && empty[next_empty]->before_entry <= i; ++next_empty)
        add_folder(*empty[next_empty], named);
      named.push_back({name_of(selection_.entries[i], i), static_cast<std::uint32_t>(i)});
    }
    for (; next_empty < empty.size(); ++next_empty) add_folder(*empty[next_empty], named);
    return named;
  }

 private:
  std::string name_of(const SelectedEntry& entry, std::size_t index) {
    std::string folder;
    if (options_.keep_structure) folder = folders_.place(entry.asset.parent().text(), parent_of(entry.relative_path()));
    if (options_.folder_per_asset) {
      bool same_asset = index > 0 && selection_.entries[index - 1].asset_id == entry.asset_id;
      if (!same_asset) asset_folder_ = folders_.place_new(folder, entry.asset.name());
      folder = asset_folder_;
    }
    if (entry.wanted > 0) return name_of_rendition(entry, folder);
    auto name = folders_.place_file(folder, entry.asset.name());
    auto wanted = options_.keep_structure ? entry.relative_path() : entry.asset.name();
    report(options_.folder_per_asset ? fmt::format("{}/{}", wanted, entry.asset.name()) : std::string(wanted), name);
    return name;
  }

  std::string name_of_rendition(const SelectedEntry& entry, const std::string& folder) {
    auto wanted = entry.file_name();
    auto name = folders_.place_file(folder, wanted);
    report(folder + wanted, name);
    return name;
  }

  void add_folder(const SelectedFolder& folder, std::vector<PlannedEntry>& named) {
    auto name = folders_.place(folder.path.text(), folder.relative_path());
    report(std::string(folder.relative_path()) + "/", name);
    named.push_back({std::move(name), kDirectoryEntry});
  }

  void report(const std::string& wanted, const std::string& name) {
    if (wanted != name) plan_.renamed.push_back({wanted, name});
    if (name.size() > kLongNameUnits && utf16_units(name) > kLongNameUnits) {
      plan_.warnings.push_back(fmt::format("{} is long: Windows Explorer may not extract it", name));
    }
  }

  // Folders that hold nothing which is delivered, not even another folder.
  std::vector<const SelectedFolder*> empty_folders() const {
    std::set<std::string_view> filled;
    auto fill = [&](std::string_view path) {
      while (!path.empty() && filled.insert(path).second) path = parent_of(path);
    };
    for (const auto& folder : selection_.folders) fill(parent_of(folder.path.text()));
    std::string_view last;
    for (const auto& entry : selection_.entries) {
      auto parent = parent_of(entry.asset.text());
      if (parent != last) fill(last = parent);
    }
    std::vector<const SelectedFolder*> empty;
    for (const auto& folder : selection_.folders) {
      if (!filled.contains(folder.path.text())) empty.push_back(&folder);
    }
    return empty;
  }

  const DownloadOptions& options_;
  const Selection& selection_;
  Plan& plan_;
  ArchiveFolders folders_;
  std::string asset_folder_;
};

// Cuts the named entries into archives that stay within the limit.
class Cutter {
 public:
  Cutter(const Selection& selection, ByteCount limit) : selection_(selection), limit_(limit) {}

  std::vector<std::vector<PlannedEntry>> run(std::vector<PlannedEntry> named) {
    for (std::size_t first = 0; first < named.size();) {
      auto last = end_of_group(named, first);
      // The files of one asset go into the next part together, unless they would not fit into one either.
      if (!fits(named, first, last) && !part_.empty() && fits_alone(named, first, last)) close_part();
      for (; first < last; ++first) {
        if (!part_.empty() && !fits(named, first, first + 1)) close_part();
        add(std::move(named[first]));
      }
    }
    if (!part_.empty()) close_part();
    return std::move(parts_);
  }

 private:
  struct Extent {
    ByteCount local = 0, central = 0;
    std::uint64_t count = 0;
    ByteCount length() const { return local + central + zip::end_records_size({count, local, central}); }
  };

  std::size_t end_of_group(const std::vector<PlannedEntry>& named, std::size_t first) const {
    auto last = first + 1;
    if (named[first].entry == kDirectoryEntry) return last;
    auto asset = selection_.entries[named[first].entry].asset_id;
    while (last < named.size() && named[last].entry != kDirectoryEntry &&
           selection_.entries[named[last].entry].asset_id == asset)
      ++last;
    return last;
  }

  void extend(Extent& extent, const PlannedEntry& planned) const {
    zip::Entry entry;
    entry.name = planned.name;
    if (planned.entry != kDirectoryEntry) {
      const auto& selected = selection_.entries[planned.entry];
      entry.size = entry.stored_size = selected.content.size;
      entry.modified = selected.modified;
    }
    entry.local_offset = extent.local;
    extent.local += zip::local_header_size(entry) + entry.stored_size;
    extent.central += zip::central_record_size(entry);
    ++extent.count;
  }

  bool fits(const std::vector<PlannedEntry>& named, std::size_t first, std::size_t last) const {
    return fits_after(extent_, named, first, last);
  }
  bool fits_alone(const std::vector<PlannedEntry>& named, std::size_t first, std::size_t last) const {
    return fits_after({}, named, first, last);
  }
  bool fits_after(Extent extent, const std::vector<PlannedEntry>& named, std::size_t first, std::size_t last) const {
    for (; first < last; ++first) extend(extent, named[first]);
    return extent.length() <= limit_;
  }

  void add(PlannedEntry planned) {
    extend(extent_, planned);
    part_.push_back(std::move(planned));
  }
  void close_part() {
    parts_.push_back(std::exchange(part_, {}));
    extent_ = {};
  }

  const Selection& selection_;
  const ByteCount limit_;
  Extent extent_;
  std::vector<PlannedEntry> part_;
  std::vector<std::vector<PlannedEntry>> parts_;
};

}  // namespace

std::string make_archive_name(std::string_view typed, std::string_view fallback) {
  std::string name(typed);
  std::erase_if(name, [](unsigned char c) { return c == '/' || c == '\\' || c < 0x20 || c == 0x7F; });
  if (ascii_lower(name).ends_with(".zip")) name.resize(name.size() - 4);
  bool says_something = name.find_first_not_of(". ") != std::string::npos;
  if (says_something) {
    name = zip::make_safe_name(name);
    if (name.size() > 240)
      name = zip::make_safe_name(std::string_view(name).substr(0, 240));  // leaves room for "_12.zip"
    return name;
  }
  return fallback.empty() ? "assets" : make_archive_name(fallback, "");
}

Plan make_plan(const DownloadRequest& request, const Selection& selection, const Policy& policy) {
  Plan plan;
  if (selection.entries.empty()) return plan;
  if (selection.entries.size() == 1 && request.form == ArchiveForm::as_needed) {
    plan.delivery = Delivery::file;
    plan.file_name = zip::make_safe_name(selection.entries[0].file_name());
    return plan;
  }
  plan.delivery = Delivery::archives;
  auto limit = request.may_be_cut ? policy.part_limit : std::numeric_limits<ByteCount>::max();
  auto parts = Cutter(selection, limit).run(Namer(request, selection, plan).run());
  auto name = make_archive_name(request.archive_name, selection.suggested_name);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    plan.archives.push_back(
        {parts.size() == 1 ? name + ".zip" : fmt::format("{}_{}.zip", name, i + 1), std::move(parts[i])});
  }
  return plan;
}

json::object to_json(const Plan& plan, const Selection& selection) {
  json::array archives, renamed, warnings;
  for (const auto& archive : plan.archives) {
    json::array entries;
    for (const auto& planned : archive.entries) {
      json::object entry{{"name", planned.name}};
      if (planned.entry != kDirectoryEntry) entry["path"] = selection.entries[planned.entry].asset.text();
      entries.push_back(std::move(entry));
    }
    archives.push_back(json::object{{"name", archive.name}, {"entries", std::move(entries)}});
  }
  for (const auto& item : plan.renamed) renamed.push_back(json::object{{"from", item.from}, {"to", item.to}});
  for (const auto& warning : plan.warnings) warnings.emplace_back(warning);
  constexpr std::array<std::string_view, 3> deliveries = {"nothing", "file", "archives"};
  json::object object{{"delivery", deliveries[static_cast<std::size_t>(plan.delivery)]},
                      {"archives", std::move(archives)},
                      {"renamed", std::move(renamed)},
                      {"warnings", std::move(warnings)}};
  if (plan.delivery == Delivery::file) object["fileName"] = plan.file_name;
  return object;
}

}  // namespace dray::pipeline
