//! The file system that an archive lies on: what room it has left, and whether it is this machine's own.

use std::path::Path;

use crate::error::{Error, ExitCode, Result};

/// Bytes that anybody may still write on the file system of `path`; `None` if it does not say.
#[must_use]
pub fn free(path: &Path) -> Option<u64> {
    let system = rustix::fs::statvfs(path).ok()?;
    Some(system.f_bavail.saturating_mul(system.f_frsize))
}

/// The folder that an archive lies in, or will.
pub(super) fn folder_of(archive: &Path) -> &Path {
    match archive.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Refuses an archive on a disk of another machine: SQLite's log lives by shared memory, and the locks that keep runs apart by this
/// machine's kernel. <https://sqlite.org/wal.html>
pub(super) fn refuse_remote(archive: &Path) -> Result<()> {
    match kind_of(archive).and_then(remote) {
        Some(kind) => Err(Error::Archive {
            path: archive.to_owned(),
            why: format!("an archive cannot be kept on a disk of another machine ({kind})"),
            hint: Some("keep it on a local disk; `citekeep backup` writes copies wherever you like"),
            code: ExitCode::Configuration,
        }),
        None => Ok(()),
    }
}

/// The number by which the kernel knows the kind of the file system that the archive lies on, or will.
#[cfg(target_os = "linux")]
fn kind_of(archive: &Path) -> Option<u32> {
    let system = rustix::fs::statfs(archive)
        .or_else(|_| rustix::fs::statfs(folder_of(archive)))
        .ok()?;
    // Of any width and sign, whatever the machine; the number has 32 bits.
    u32::try_from(i128::from(system.f_type) & 0xffff_ffff).ok()
}

#[cfg(not(target_os = "linux"))]
fn kind_of(_archive: &Path) -> Option<u32> {
    None
}

/// The name of a kind of file system that stands on another machine; `linux/magic.h`.
fn remote(kind: u32) -> Option<&'static str> {
    Some(match kind {
        0x6969 => "NFS",
        0x517b | 0xfe53_4d42 | 0xff53_4d42 => "SMB",
        0x5346_414f | 0x6b41_4653 => "AFS",
        0x7375_7245 => "Coda",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_on_a_disk_of_another_machine_is_refused_and_one_on_this_machines_is_not() {
        // Of `stat -f -c %t` on such mounts; ext4, tmpfs, xfs, btrfs, overlay.
        for kind in [0x6969, 0xff53_4d42, 0xfe53_4d42, 0x517b] {
            assert!(remote(kind).is_some(), "{kind:x}");
        }
        for kind in [0xef53, 0x0102_1994, 0x5846_5342, 0x9123_683e, 0x794c_7630] {
            assert_eq!(remote(kind), None, "{kind:x}");
        }
        let folder = tempfile::tempdir().unwrap();
        assert!(refuse_remote(&folder.path().join("a.db")).is_ok());
        #[cfg(target_os = "linux")]
        assert!(kind_of(&folder.path().join("a.db")).is_some_and(|kind| kind != 0));
    }
}
