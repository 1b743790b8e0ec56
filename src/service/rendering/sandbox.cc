#include "service/rendering/sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/unique_fd.h"

namespace dray::service {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

constexpr ByteCount kMappings = ByteCount{6} * 1024 * 1024 * 1024;  // libraries, the original and stacks, beside memory

std::string reason() { return std::strerror(errno); }

void set_limit(int what, rlim_t value, std::string_view name, std::vector<std::string>& missing) {
  rlimit limit{value, value};
  if (::setrlimit(static_cast<__rlimit_resource>(what), &limit) < 0)
    missing.push_back(fmt::format("the limit of {}: {}", name, reason()));
}

// --- Landlock: which files (kernel documentation, userspace-api/landlock) ---

constexpr std::uint64_t kTruncate = std::uint64_t{1} << 14;  // not in the headers of old kernels

std::uint64_t handled_access(int version) {
  std::uint64_t access = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |
                         LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                         LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                         LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
                         LANDLOCK_ACCESS_FS_MAKE_SYM;
  if (version >= 2) access |= std::uint64_t{1} << 13;  // link and rename between folders
  if (version >= 3) access |= kTruncate;
  return access;
}

enum class Use { read, write };

bool allow(int rules, const std::string& path, Use use, int version) {
  UniqueFd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!fd) return true;  // what is not there need not be allowed
  struct stat status;
  if (::fstat(fd.get(), &status) < 0) return false;
  landlock_path_beneath_attr beneath{};
  beneath.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
  if (S_ISDIR(status.st_mode)) beneath.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE;
  if (use == Use::write) {
    beneath.allowed_access |= LANDLOCK_ACCESS_FS_WRITE_FILE;
    if (version >= 3) beneath.allowed_access |= kTruncate;
  }
  beneath.parent_fd = fd.get();
  return ::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
}

void wall_off_files(const SandboxRules& sandbox, std::vector<std::string>& missing) {
  auto version = static_cast<int>(::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
  if (version < 1) {
    missing.push_back("Landlock, which keeps it from the files of the server: " + reason());
    return;
  }
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = handled_access(version);
  UniqueFd rules(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (!rules) {
    missing.push_back("Landlock, which keeps it from the files of the server: " + reason());
    return;
  }
  for (const auto& path : sandbox.readable) {
    if (!allow(rules.get(), path, Use::read, version)) missing.push_back(fmt::format("reading {}: {}", path, reason()));
  }
  for (const auto& path : sandbox.writable) {
    if (!allow(rules.get(), path, Use::write, version))
      missing.push_back(fmt::format("writing {}: {}", path, reason()));
  }
  if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0)
    missing.push_back("Landlock, which keeps it from the files of the server: " + reason());
}

// --- seccomp: which system calls ---

constexpr std::uint32_t kForbidden[] = {
    // the network, and other programs and processes
    SYS_socket,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_execveat,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_process_madvise,
    SYS_pidfd_open,
    SYS_pidfd_getfd,
    SYS_kill,
    SYS_tkill,
    SYS_tgkill,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
    SYS_pidfd_send_signal,
    SYS_sched_setaffinity,
    SYS_sched_setparam,
    SYS_sched_setscheduler,
    SYS_sched_setattr,
    SYS_setpriority,
    SYS_shmget,
    SYS_shmat,
    SYS_msgget,
    SYS_semget,
    SYS_mq_open,
    // the machine
    SYS_mount,
    SYS_umount2,
    SYS_unshare,
    SYS_setns,
    SYS_bpf,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_perf_event_open,
    SYS_kexec_load,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_io_uring_setup,
    SYS_userfaultfd,
    SYS_pivot_root,
    SYS_chroot,
    SYS_open_by_handle_at,
    // what Landlock does not know, or not in every version
    SYS_truncate,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_fchown,
    SYS_fchownat,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    SYS_removexattr,
    SYS_lremovexattr,
    SYS_fremovexattr,
    SYS_utimensat,
    // memory that no limit counts
    SYS_memfd_create,
#if defined(__x86_64__)
    SYS_fork,
    SYS_vfork,
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_utime,
    SYS_utimes,
    SYS_futimesat,
#endif
};

enum class Where { one_of, not_zero };

// Forbids a call by the lower half of one of its arguments.
void forbid_where(std::vector<sock_filter>& program, std::uint32_t call, std::size_t argument,
                  const std::vector<std::uint32_t>& values, Where where) {
  std::vector<sock_filter> test = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(argument))};
  if (where == Where::not_zero) {
    test.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0));
    test.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  }
  for (auto value : values) {
    test.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
    test.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  }
  test.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));  // for what follows
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, static_cast<std::uint8_t>(test.size())));
  program.insert(program.end(), test.begin(), test.end());
}

// A forbidden call fails with EPERM; one of another architecture ends the process.
void wall_off_calls(bool runs_programs, std::vector<std::string>& missing) {
  std::vector<sock_filter> program = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
#if defined(__x86_64__)
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),  // the x32 calls
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
#endif
  };
  std::vector<std::uint32_t> forbidden(std::begin(kForbidden), std::end(kForbidden));
  if (!runs_programs) forbidden.push_back(SYS_execve);
  for (auto call : forbidden) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  }
  // Limits of other processes, and signals by way of a descriptor's owner.
  forbid_where(program, SYS_prlimit64, offsetof(seccomp_data, args[0]), {}, Where::not_zero);
  forbid_where(program, SYS_fcntl, offsetof(seccomp_data, args[1]), {F_SETOWN, F_SETOWN_EX, F_SETSIG}, Where::one_of);
  // A new process is a clone without CLONE_THREAD. clone3 hides its flags: glibc then takes clone.
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS));
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3));
  program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])));
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
    missing.push_back("seccomp, which keeps it from the network and from other programs: " + reason());
}

}  // namespace

std::vector<std::string> enter_sandbox(const SandboxRules& rules) {
  std::vector<std::string> missing;
  set_limit(RLIMIT_CORE, 0, "core files", missing);
  if (kLimitsMemory) {
    set_limit(RLIMIT_DATA, rules.memory, "memory", missing);
    set_limit(RLIMIT_AS, rules.memory + kMappings, "addresses", missing);
  }
  set_limit(RLIMIT_FSIZE, rules.output, "what may be written", missing);
  ::signal(SIGXFSZ, SIG_IGN);  // the write fails instead, and says so
  set_limit(RLIMIT_NOFILE, static_cast<rlim_t>(rules.open_files), "open files", missing);
  if (rules.cpu_seconds > 0) set_limit(RLIMIT_CPU, rules.cpu_seconds, "computing", missing);
  ::prctl(PR_SET_DUMPABLE, 0);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) missing.push_back("no new privileges: " + reason());
  wall_off_files(rules, missing);
  wall_off_calls(rules.runs_programs, missing);
  return missing;
}

}  // namespace dray::service
