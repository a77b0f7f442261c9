//! Capabilities: capget and capset, and what prctl has for them.
//!
//! Neighbour: `task/capability.rs` keeps the rules. capget(2), capabilities(7), prctl(2) PR_CAPBSET_READ.
use super::call::{Call, CallResult};
use crate::{
    errno::Errno,
    record::View,
    vfs::{Capability, CapabilitySet},
};

/// Versions of the header, and how many sets of 32 bits each has.
const VERSIONS: [(u32, usize); 3] = [(0x1998_0330, 1), (0x2007_1026, 2), (0x2008_0522, 2)];
/// The one that the kernel prefers.
const PREFERRED: u32 = 0x2008_0522;
/// Bytes of `struct __user_cap_data_struct`: effective, permitted, inheritable.
const SETS_BYTES: usize = 12;

/// How many sets the header's version has, and whose they are. An unknown version is answered with the preferred one.
fn header(call: &mut Call<'_>) -> Result<(usize, u32), Errno> {
    let address = call.word(0);
    let version = call.read_u32(address)?;
    let Some((_, count)) = VERSIONS.iter().find(|(known, _)| *known == version) else {
        call.write_u32(address, PREFERRED)?;
        return Err(Errno::EINVAL);
    };
    let pid = call.read_u32(address.wrapping_add(4))?;
    if (pid as i32) < 0 { Err(Errno::EINVAL) } else { Ok((*count, pid)) }
}

pub(super) fn capget(call: &mut Call<'_>) -> CallResult {
    let (count, pid) = match header(call) {
        Err(Errno::EINVAL) if call.word(1) == 0 => return Ok(0),
        other => other?,
    };
    let pid = match pid {
        0 => call.pid,
        tid => call.kernel.core.task(tid).map(|task| task.pid).unwrap_or(tid),
    };
    let identity = &call.kernel.core.process(pid)?.identity;
    let sets =
        [identity.effective.capabilities, identity.capabilities.permitted, identity.capabilities.inheritable];
    let mut record = call.record();
    for half in 0..count {
        sets.iter().for_each(|set| _ = record.u32((set.0 >> (32 * half)) as u32));
    }
    call.write_if(call.word(1), record.as_bytes())?;
    Ok(0)
}

pub(super) fn capset(call: &mut Call<'_>) -> CallResult {
    let (count, pid) = header(call)?;
    if pid != 0 && pid != call.tid {
        return Err(Errno::EPERM.into());
    }
    let bytes = call.read_bytes(call.word(1), count * SETS_BYTES)?;
    let view = View::new(call.abi(), &bytes);
    let set = |place: usize| {
        let half = |half: usize| u64::from(view.u32(half * SETS_BYTES + place).unwrap_or(0));
        CapabilitySet((half(0) | (half(1) << 32)) & CapabilitySet::FULL.0)
    };
    let [effective, permitted, inheritable] = [set(0), set(4), set(8)];
    call.process()?.identity.set_capabilities(effective, permitted, inheritable)?;
    Ok(0)
}

/// PR_CAPBSET_READ
pub(super) fn bounding(call: &mut Call<'_>, number: u64) -> CallResult {
    let capability = Capability::new(number).ok_or(Errno::EINVAL)?;
    Ok(u64::from(call.process()?.identity.capabilities.bounding.has(capability)))
}
/// PR_CAPBSET_DROP
pub(super) fn drop_from_bounding(call: &mut Call<'_>, number: u64) -> CallResult {
    call.require(Capability::SETPCAP)?;
    let capability = Capability::new(number).ok_or(Errno::EINVAL)?;
    let sets = &mut call.process()?.identity.capabilities;
    sets.bounding = sets.bounding.without(capability);
    Ok(0)
}
