//! One core, and the processor time spent on it.

#[cfg(target_os = "linux")]
use rustix::thread::{CpuSet, sched_setaffinity};
#[cfg(target_os = "linux")]
use rustix::time::{ClockId, clock_gettime};

/// Keeps this process, and those that it starts, on one core: the last one it may use. Says which.
#[cfg(target_os = "linux")]
pub(crate) fn pin() -> Option<usize> {
    let allowed = rustix::thread::sched_getaffinity(None).ok()?;
    let core = (0..CpuSet::MAX_CPU).rev().find(|&core| allowed.is_set(core))?;
    let mut one = CpuSet::new();
    one.set(core);
    sched_setaffinity(None, &one).ok().map(|()| core)
}

/// Seconds of processor time that this thread has used.
#[cfg(target_os = "linux")]
pub(crate) fn seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Elsewhere the process stays where the system puts it.
#[cfg(not(target_os = "linux"))]
pub(crate) fn pin() -> Option<usize> {
    None
}

/// Elsewhere the time that has passed stands for processor time.
#[cfg(not(target_os = "linux"))]
pub(crate) fn seconds() -> f64 {
    use std::sync::OnceLock;
    use std::time::Instant;

    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}

/// How many processes wanted to run, on average over the last minute; `None` where the system does not tell.
pub(crate) fn load() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').next()?.parse().ok()
}

/// The processor's name; `None` where the system does not tell.
pub(crate) fn name() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(": ").map(|(_, name)| name.to_owned())
}
