"""The machine that measures: its network, its cores, who else is using it, and what a process has cost so far."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path

from . import BenchError

CONGESTION_CONTROL = Path("/proc/sys/net/ipv4/tcp_congestion_control")
INSIDE = "DRAY_BENCH_NAMESPACE"  # set in the environment once we are in a network namespace of our own

KERNEL_THREADS = 2  # their parent, kthreadd

QUIET_SHARE = 0.06  # of one core, used by other processes
QUIET_WAIT = 25.0  # seconds to wait for it at most


def enter_network_namespace() -> None:
    """Starts this program again in a network namespace, where the congestion control is ours to choose. Needs root."""
    if os.environ.get(INSIDE) or os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"):
        return
    if subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode != 0:
        return
    os.execvpe("unshare", ["unshare", "-n", sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})


def set_up_network() -> str:
    """Chooses reno inside our own namespace and leaves the host's network alone; returns what is in force."""
    if os.environ.get(INSIDE):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        CONGESTION_CONTROL.write_text("reno\n")
        return f"{CONGESTION_CONTROL.read_text().strip()}, own network namespace"
    return f"{CONGESTION_CONTROL.read_text().strip()}, the host's network (run as root to have reno)"


def cores() -> tuple[int, int]:
    """The core of the servers and the core of the client."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise BenchError("two cores are needed, one for the servers and one for the client")
    return usable[0], usable[1]


def pinned(to: int | str, command: list[str]) -> list[str]:
    """`to` is a core, or a list of them as taskset takes it."""
    return ["taskset", "-c", str(to), *command]


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of the processes with all their threads, to the nanosecond: their CPU-time clocks
    count what utime and stime of /proc/PID/stat count, without rounding to 10 ms."""
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in pids)


def resident_bytes(pids: Iterable[int]) -> int:
    return sum(_status_bytes(pid, "VmRSS") for pid in pids)


def _status_bytes(pid: int, field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found.group(1)) * 1024 if found else 0


class Busy:
    """How much of a core other processes used since this was made: all that was used, less what we, our servers and
    the threads of the kernel used. Those write to the disk what an import leaves behind."""

    def __init__(self, servers: Iterable[int] = ()) -> None:
        self._servers = list(servers)
        self._began = time.monotonic()
        self._all, self._own = _all_cpu_seconds(), self._own_cpu_seconds()

    def others(self) -> float:
        used = (_all_cpu_seconds() - self._all) - (self._own_cpu_seconds() - self._own)
        return max(0.0, used) / max(time.monotonic() - self._began, 1e-6)

    def _own_cpu_seconds(self) -> float:
        times = os.times()
        ours = times.user + times.system + times.children_user + times.children_system
        return ours + cpu_seconds(self._servers) + _kernel_cpu_seconds()


def _all_cpu_seconds() -> float:
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields[:8])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _kernel_cpu_seconds() -> float:
    total = 0.0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            total += cpu_seconds([int(status.parent.name)]) if parent == KERNEL_THREADS else 0.0
        except OSError:
            continue  # it has ended meanwhile
    return total


def wait_for_quiet(longest: float = QUIET_WAIT) -> bool:
    """Waits until other processes leave the machine alone; False when they did not within `longest` seconds."""
    give_up = time.monotonic() + longest
    while True:
        busy = Busy()
        time.sleep(0.5)
        if busy.others() < QUIET_SHARE:
            return True
        if time.monotonic() > give_up:
            return False


def describe(network: str, versions: dict[str, str]) -> dict[str, str]:
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    uname = os.uname()
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB",
        "kernel": f"{uname.sysname} {uname.release}",
        "congestion control": network,
        **versions,
    }


def _processor() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found.group(1) if found else os.uname().machine
