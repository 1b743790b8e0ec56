#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "edge/cli/commands.h"
#include "edge/cli/exit_status.h"
#include "edge/cli/image_workers.h"
#include "edge/cli/terminal.h"
#include "pipeline/renditions/encode.h"
#include "pipeline/renditions/static_renditions.h"

namespace dray::cli {
namespace {

struct RenderOptions {
  std::vector<std::string> files;
  std::string query, to;
  std::vector<std::string> renditions;
  ImageWorkerOptions images;
};

class Rendering {
 public:
  Rendering(const RenderOptions& options, service::WorkerPool& pool, service::RenderJob job, std::string extension)
      : options_(options), pool_(pool), job_(std::move(job)), extension_(std::move(extension)) {}

  int run(unsigned threads) {
    std::vector<std::thread> started;
    for (unsigned i = 0; i < threads; ++i) started.emplace_back([this] { work(); });
    for (auto& thread : started) thread.join();
    return failures_ == 0 ? kDone : kIncomplete;
  }

 private:
  void work() {
    for (auto i = next_++; i < options_.files.size(); i = next_++) {
      auto done = render(options_.files[i]);
      if (done) continue;
      std::lock_guard lock(mutex_);
      std::cerr << fmt::format("{}: {}\n", options_.files[i], done.error().message);
      ++failures_;
    }
  }

  Result<void> render(const std::string& file) {
    ASSIGN_OR_RETURN(auto source, open_file(file, O_RDONLY));
    ASSIGN_OR_RETURN(auto made, pool_.run(job_, source.get()));
    auto stem = std::filesystem::path(file).stem().string();
    for (const auto& item : made.reply.made) {
      if (const auto* error = std::get_if<Error>(&item)) return *error;
      const auto& about = std::get<service::MadeFile>(item);
      std::string content(about.length, '\0');
      ASSIGN_OR_RETURN(auto got, read_at(made.output.get(), about.offset, std::as_writable_bytes(std::span(content)),
                                         "the rendition"));
      content.resize(got);
      auto name = about.name.empty() ? stem + "." + extension_ : stem + "." + about.name;
      RETURN_IF_ERROR(replace_file(options_.to + "/" + name, bytes_of(content), 0644));
    }
    return ok();
  }

  const RenderOptions& options_;
  service::WorkerPool& pool_;
  const service::RenderJob job_;
  const std::string extension_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  int failures_ = 0;  // guarded by mutex_
};

Result<int> render(const RenderOptions& options) {
  ASSIGN_OR_RETURN(auto settings, read_image_settings(options.images));
  ASSIGN_OR_RETURN(auto config, make_worker_config(options.images, settings));
  service::RenderJob job;
  job.settings = settings;
  std::string extension;
  for (const auto& name : options.renditions) {
    auto rendition = pipeline::static_rendition_of(name, job.settings.static_renditions);
    if (!rendition) return Error{Code::invalid, fmt::format("there is no static rendition {}", name)};
    job.renditions.push_back(*std::move(rendition));
  }
  if (options.renditions.empty()) {
    ASSIGN_OR_RETURN(auto reading, is::read_query(options.query, is::no_macro));
    for (const auto& name : reading.unknown)
      std::cerr << fmt::format("dray: the command {} is not known, and is ignored\n", name);
    extension = pipeline::extension_of(reading.recipe.output.value_or(is::Output()).format);
    job.recipes.push_back({std::move(reading.recipe), pipeline::Subject::image, {}});
  }
  RETURN_IF_ERROR(make_directories(options.to));
  service::WorkerPool pool(config);
  return Rendering(options, pool, std::move(job), extension).run(config.workers);
}

}  // namespace

void add_render(CLI::App& app, Context& context) {
  auto options = std::make_shared<RenderOptions>();
  auto* command = app.add_subcommand("render", "Make renditions of files, without an installation");
  command->add_option("FILE", options->files, "Pictures")->required();
  command->add_option("--to", options->to, "The folder for what is made")->required();
  command->add_option("--query", options->query, "Image Serving commands, like \"wid=1280&fmt=jpeg\"");
  command->add_option("--rendition", options->renditions, "Static renditions, like cq5dam.web.1280.1280.jpeg, instead")
      ->excludes("--query");
  command->add_option("--jobs", options->images.workers, "Pictures at a time; 0 means one per core")
      ->capture_default_str();
  command
      ->add_option("--static-renditions", options->images.static_renditions,
                   "Whose names and sizes static renditions have: AEM's as a Cloud Service (cloud) or 6.5's (classic)")
      ->check(CLI::IsMember({"cloud", "classic"}))
      ->capture_default_str();
  command->add_option("--image-settings", options->images.settings_file, "As for serve");
  command->add_option("--memory", options->images.memory, "Memory that each process may take")->capture_default_str();
  command->footer(std::string("Each file is read in a process of its own that sees nothing else.\n\n") +
                  kExitStatusHelp);
  command->callback([&context, options] {
    auto done = render(*options);
    context.status = done ? *done : complain(done.error());
  });
}

}  // namespace dray::cli
