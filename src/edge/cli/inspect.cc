#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <iostream>

#include "base/file.h"
#include "base/text.h"
#include "edge/cli/commands.h"
#include "edge/cli/exit_status.h"
#include "edge/cli/terminal.h"
#include "lang/zip/reader.h"

namespace dray::cli {
namespace {

struct InspectOptions {
  std::string file;
  bool json = false, headers_only = false;
};

class FileInput final : public zip::Input {
 public:
  static Result<FileInput> open(const std::string& name) {
    ASSIGN_OR_RETURN(auto fd, open_file(name, O_RDONLY));
    struct stat status;
    if (::fstat(fd.get(), &status) < 0) return system_error("cannot read " + name, errno);
    return FileInput(std::move(fd), static_cast<ByteCount>(status.st_size), name);
  }
  ByteCount size() const override { return size_; }
  Result<std::size_t> read_at(ByteCount offset, MutableBytes into) const override {
    return dray::read_at(fd_.get(), offset, into, name_);
  }

 private:
  FileInput(UniqueFd fd, ByteCount size, std::string name) : fd_(std::move(fd)), size_(size), name_(std::move(name)) {}
  UniqueFd fd_;
  ByteCount size_;
  std::string name_;
};

std::string state_of(const FileInput& input, zip::ReadEntry& entry, bool headers_only) {
  auto checked =
      headers_only ? zip::check_local_header(input, entry) : zip::read_entry(input, entry, [](Bytes) { return ok(); });
  if (!checked) return checked.error().message;
  auto name = zip::check_entry_name(entry.name);
  return name ? "" : name.error().message;
}

json::object json_of(const zip::ReadEntry& entry, const std::string& problem) {
  json::object object{{"name", replace_invalid_utf8(entry.name)},
                      {"method", entry.method == zip::Method::stored ? "stored" : "deflated"},
                      {"size", entry.size},
                      {"storedSize", entry.stored_size},
                      {"crc32", fmt::format("{:08x}", entry.crc32)},
                      {"modified", format_utc(entry.modified)},
                      {"localOffset", entry.local_offset},
                      {"dataOffset", entry.data_offset}};
  if (!problem.empty()) object["problem"] = problem;
  return object;
}

int inspect_zip(const InspectOptions& options) {
  auto input = FileInput::open(options.file);
  if (!input) return complain(input.error());
  auto directory = zip::read_directory(*input);
  if (!directory) return complain(directory.error());
  std::uint64_t bad = 0;
  if (!options.json) {
    std::cout << fmt::format("{}: {} entries, {} bytes{}\n", options.file, directory->entries.size(), input->size(),
                             directory->zip64 ? ", Zip64" : "");
  } else {
    std::cout << json::serialize(json::object{{"file", options.file},
                                              {"size", input->size()},
                                              {"entryCount", directory->entries.size()},
                                              {"zip64", directory->zip64}})
              << "\n";
  }
  for (auto& entry : directory->entries) {
    auto problem = state_of(*input, entry, options.headers_only);
    bad += problem.empty() ? 0 : 1;
    if (options.json) {
      std::cout << json::serialize(json_of(entry, problem)) << "\n";
    } else {
      std::cout << fmt::format("{:>14} {:08x} {} @{:<12} {}{}\n", entry.size, entry.crc32, format_utc(entry.modified),
                               entry.data_offset, replace_invalid_utf8(entry.name),
                               problem.empty() ? "" : "   <-- " + problem);
    }
  }
  if (bad == 0) return kDone;
  std::cerr << fmt::format("dray: {} of {} entries are not what the archive says\n", bad, directory->entries.size());
  return kCorrupt;
}

}  // namespace

void add_inspect(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("inspect", "Show what a file means, in words");
  command->require_subcommand(1);
  auto options = std::make_shared<InspectOptions>();
  auto* zip = command->add_subcommand("zip", "List a ZIP file and check it: headers, sizes, and every entry's CRC-32");
  zip->add_option("FILE", options->file, "The archive")->required();
  zip->add_flag("--headers-only", options->headers_only, "Do not read the entries' bytes");
  zip->add_flag("--json", options->json, "One JSON object per line: the archive, then each entry");
  zip->footer(kExitStatusHelp);
  zip->callback([&context, options] { context.status = inspect_zip(*options); });
}

}  // namespace dray::cli
