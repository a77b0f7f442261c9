//! openat2: an open that says where its path may lead.
//!
//! Neighbours: `file.rs` opens, `vfs/scope.rs` has the rules. openat2(2).
use super::{
    call::{Call, CallResult},
    file::open_within,
};
use crate::{
    errno::Errno,
    file::{flag, open::Opening},
    vfs::Scope,
};

/// Bytes of `struct open_how`: flags, mode, resolve; and of the largest that a later kernel may have.
const HOW_BYTES: usize = 24;
const HOW_BYTES_MOST: u64 = 4096;

/// O_* that there are, in the generic numbering: O_SYNC is 04010000, FASYNC 020000, O_NOATIME 01000000.
const KNOWN: u64 = 0o37777703 | 0o4010000;
/// What may stand beside O_PATH.
const WITH_PATH: u32 = flag::DIRECTORY | flag::NO_FOLLOW | flag::PATH | flag::CLOSE_ON_EXEC;

/// Whether there is an open of that kind.
fn check(flags: u32, mode: u64, scope: u64) -> Result<Scope, Errno> {
    let scope = u8::try_from(scope).ok().filter(|scope| *scope < 0x40).ok_or(Errno::EINVAL)?;
    let both = Scope::BENEATH | Scope::IN_ROOT;
    let makes = flags & (flag::CREATE | flag::UNNAMED) != 0;
    let unnamed = flags & flag::UNNAMED != 0;
    let writes = matches!(flags & flag::ACCESS, flag::WRITE_ONLY | flag::READ_WRITE);
    let wrong_mode = if makes { mode & !0o7777 != 0 } else { mode != 0 };
    let wrong_unnamed = unnamed && (flags & flag::DIRECTORY == 0 || !writes);
    let wrong_path = flags & flag::PATH != 0 && flags & !WITH_PATH != 0;
    let folder_made = flags & (flag::CREATE | flag::DIRECTORY) == flag::CREATE | flag::DIRECTORY;
    if scope & both == both || wrong_mode || wrong_unnamed || wrong_path || folder_made {
        return Err(Errno::EINVAL);
    }
    // what is made or cut is never just looked up in a cache
    if scope & Scope::CACHED != 0 && (makes || flags & flag::TRUNCATE != 0) {
        return Err(Errno::EAGAIN);
    }
    Ok(Scope(scope))
}

pub(super) fn openat2(call: &mut Call<'_>) -> CallResult {
    let size = call.word(3);
    if size < HOW_BYTES as u64 {
        return Err(Errno::EINVAL.into());
    }
    if size > HOW_BYTES_MOST {
        return Err(Errno::E2BIG.into());
    }
    let bytes = call.read_bytes(call.word(2), size as usize)?;
    if bytes.get(HOW_BYTES..).unwrap_or_default().iter().any(|byte| *byte != 0) {
        return Err(Errno::E2BIG.into());
    }
    let view = crate::record::View::new(call.abi(), &bytes);
    let field = |place: usize| view.u64(place * 8).unwrap_or(0);
    let (guest_flags, mode, scope) = (field(0), field(1), field(2));
    let flags = u32::try_from(guest_flags).map_err(|_| Errno::EINVAL)?;
    let flags = call.abi().open_from_guest(flags);
    if u64::from(flags) & !KNOWN != 0 {
        return Err(Errno::EINVAL.into());
    }
    let scope = check(flags, mode, scope)?;
    let path = call.path(1)?;
    // beneath a folder, an absolute path begins in it too
    let from_folder = scope.0 & (Scope::BENEATH | Scope::IN_ROOT) != 0;
    let at = if from_folder { call.folder(0, b".")? } else { call.folder(0, &path)? };
    // O_LARGEFILE: always, as openat2 has no narrow offsets
    let flags = flags | flag::LARGE;
    open_within(call, Opening { at, path: &path, flags, mode: mode as u16, scope })
}
