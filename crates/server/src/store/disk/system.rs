//! What only some systems can be asked for. Elsewhere nothing is asked, and nothing is lost but time or comfort.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;

/// So many bytes of the disk are left to the metadata, so that objects can be deleted when it is full.
#[cfg(target_os = "linux")]
const RESERVED: u64 = 8 << 20;

/// So many bytes are more than what is being removed at a time, as a rule.
#[cfg(target_os = "linux")]
const AMPLE: u64 = 1 << 30;

/// Refuses to write where the disk of a file is as good as full.
#[cfg(target_os = "linux")]
pub(super) fn check_room(file: &File) -> io::Result<()> {
    match room(file)? {
        0..RESERVED => Err(io::ErrorKind::StorageFull.into()),
        _ => Ok(()),
    }
}

/// Whether the disk of a file is far from full.
#[cfg(target_os = "linux")]
pub(super) fn has_ample_room(file: &File) -> bool {
    room(file).is_ok_and(|room| room >= AMPLE)
}

/// How many bytes may still be written.
#[cfg(target_os = "linux")]
fn room(file: &File) -> io::Result<u64> {
    let disk = rustix::fs::fstatvfs(file)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Asks the system to begin to write a part of a file, without waiting for it. What goes wrong is told to whoever waits for
/// the file.
#[cfg(target_os = "linux")]
pub(super) fn write_back(file: &File, part: Range<u64>) {
    use rustix::fs::{Advice, fadvise};
    let length = part.end.checked_sub(part.start).and_then(std::num::NonZero::new);
    let _ = fadvise(file, part.start, length, Advice::DontNeed);
}

/// Tells the system that a file is read here and there, so that it does not read what is behind each page, which takes longer
/// than the page. What goes wrong costs time alone.
#[cfg(target_os = "linux")]
pub(super) fn read_at_random(file: &File) {
    use rustix::fs::{Advice, fadvise};
    let _ = fadvise(file, 0, None, Advice::Random);
}

/// Reads from an offset of a file on what the system has in memory, and tells how much that is. `None` if it is nothing, or
/// if the file system cannot say what it has.
#[cfg(target_os = "linux")]
pub(super) fn read_cached(file: &File, offset: u64, buffer: &mut [u8]) -> Option<usize> {
    use rustix::io::{ReadWriteFlags, preadv2};
    preadv2(file, &mut [io::IoSliceMut::new(buffer)], offset, ReadWriteFlags::NOWAIT).ok()
}

/// Forgets what the system remembers of a file: after an error, it may take for written what is not on the disk.
#[cfg(target_os = "linux")]
pub(super) fn forget_cached(path: &Path) -> io::Result<()> {
    use rustix::fs::{Advice, fadvise};
    Ok(fadvise(File::open(path)?, 0, None, Advice::DontNeed)?)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn check_room(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn has_ample_room(_: &File) -> bool {
    false
}

#[cfg(not(target_os = "linux"))]
pub(super) fn read_cached(_: &File, _: u64, _: &mut [u8]) -> Option<usize> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(super) fn read_at_random(_: &File) {}

#[cfg(not(target_os = "linux"))]
pub(super) fn write_back(_: &File, _: Range<u64>) {}

#[cfg(not(target_os = "linux"))]
pub(super) fn forget_cached(_: &Path) -> io::Result<()> {
    Ok(())
}
