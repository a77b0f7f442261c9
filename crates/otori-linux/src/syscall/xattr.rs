//! Extended attributes: the twelve calls of xattr(7).
//!
//! Neighbour: `vfs/extended.rs` keeps them and knows who may. setxattr(2), getxattr(2), listxattr(2), removexattr(2).
use super::call::{Call, CallResult};
use crate::{
    errno::Errno,
    file::flag,
    vfs::{Follow, Node, SetMode},
};
use alloc::vec::Vec;

/// XATTR_NAME_MAX, XATTR_SIZE_MAX
const NAME_BYTES: usize = 255;
const VALUE_BYTES: u64 = 65_536;
/// XATTR_CREATE, XATTR_REPLACE
const CREATE: u32 = 1;
const REPLACE: u32 = 2;

/// The file that the first argument names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Path,
    Link,
    Descriptor,
}

fn file_of(call: &mut Call<'_>, named: Named) -> Result<Node, Errno> {
    let follow = match named {
        Named::Descriptor => {
            let file = call.file(0)?;
            if file.flags & flag::PATH != 0 {
                return Err(Errno::EBADF);
            }
            return file.node.ok_or(Errno::EOPNOTSUPP);
        }
        Named::Path => Follow::Yes,
        Named::Link => Follow::No,
    };
    let path = call.path(0)?;
    let (tid, cwd) = (call.tid, call.cwd()?);
    call.kernel.with_files(tid, |vfs, context| vfs.lookup(context, cwd, &path, follow))
}

/// The name of an attribute: ERANGE for none and for one that is too long.
fn name_of(call: &mut Call<'_>) -> Result<Vec<u8>, Errno> {
    let address = call.word(1);
    let name = call.string(address, NAME_BYTES).map_err(|error| match error {
        Errno::ENAMETOOLONG => Errno::ERANGE,
        other => other,
    })?;
    if name.is_empty() { Err(Errno::ERANGE) } else { Ok(name) }
}

fn set(call: &mut Call<'_>, named: Named) -> CallResult {
    let mode = match call.unsigned(4) {
        0 => SetMode::Any,
        CREATE => SetMode::Create,
        REPLACE => SetMode::Replace,
        // both: it must be there, and must not
        flags if flags == CREATE | REPLACE => SetMode::Create,
        _ => return Err(Errno::EINVAL.into()),
    };
    let name = name_of(call)?;
    let size = call.word(3);
    if size > VALUE_BYTES {
        return Err(Errno::E2BIG.into());
    }
    let value = call.read_bytes(call.word(2), size as usize)?;
    let (node, tid) = (file_of(call, named)?, call.tid);
    call.kernel.with_files(tid, |vfs, context| vfs.set_attribute(context, node, &name, &value, mode))?;
    Ok(0)
}
pub(super) fn setxattr(call: &mut Call<'_>) -> CallResult {
    set(call, Named::Path)
}
pub(super) fn lsetxattr(call: &mut Call<'_>) -> CallResult {
    set(call, Named::Link)
}
pub(super) fn fsetxattr(call: &mut Call<'_>) -> CallResult {
    set(call, Named::Descriptor)
}

/// Gives bytes to a buffer of that size: 0 asks how large it must be.
fn give(call: &mut Call<'_>, bytes: &[u8], address: u64, size: u64) -> CallResult {
    if size != 0 {
        if (bytes.len() as u64) > size {
            return Err(Errno::ERANGE.into());
        }
        call.write(address, bytes)?;
    }
    Ok(bytes.len() as u64)
}

fn get(call: &mut Call<'_>, named: Named) -> CallResult {
    let name = name_of(call)?;
    let (node, tid) = (file_of(call, named)?, call.tid);
    let value = call.kernel.with_files(tid, |vfs, context| vfs.attribute(context, node, &name))?;
    give(call, &value, call.word(2), call.word(3))
}
pub(super) fn getxattr(call: &mut Call<'_>) -> CallResult {
    get(call, Named::Path)
}
pub(super) fn lgetxattr(call: &mut Call<'_>) -> CallResult {
    get(call, Named::Link)
}
pub(super) fn fgetxattr(call: &mut Call<'_>) -> CallResult {
    get(call, Named::Descriptor)
}

fn list(call: &mut Call<'_>, named: Named) -> CallResult {
    if named == Named::Descriptor && call.file(0)?.node.is_none() {
        return Ok(0);
    }
    let (node, tid) = (file_of(call, named)?, call.tid);
    let names = call.kernel.with_files(tid, |vfs, context| vfs.attribute_names(context, node))?;
    give(call, &names, call.word(1), call.word(2))
}
pub(super) fn listxattr(call: &mut Call<'_>) -> CallResult {
    list(call, Named::Path)
}
pub(super) fn llistxattr(call: &mut Call<'_>) -> CallResult {
    list(call, Named::Link)
}
pub(super) fn flistxattr(call: &mut Call<'_>) -> CallResult {
    list(call, Named::Descriptor)
}

fn remove(call: &mut Call<'_>, named: Named) -> CallResult {
    let name = name_of(call)?;
    let (node, tid) = (file_of(call, named)?, call.tid);
    call.kernel.with_files(tid, |vfs, context| vfs.remove_attribute(context, node, &name))?;
    Ok(0)
}
pub(super) fn removexattr(call: &mut Call<'_>) -> CallResult {
    remove(call, Named::Path)
}
pub(super) fn lremovexattr(call: &mut Call<'_>) -> CallResult {
    remove(call, Named::Link)
}
pub(super) fn fremovexattr(call: &mut Call<'_>) -> CallResult {
    remove(call, Named::Descriptor)
}
