//! The machine as a whole: uname, sysinfo, host name, modules, reboot, random bytes.
//!
//! What would harm a device is refused and told as a notice. uname(2), reboot(2), init_module(2) …
use super::call::{Call, CallError, CallResult};
use crate::{errno::Errno, notice::NoticeKind, vfs::Capability};
use alloc::{format, string::String, vec};

/// A call that is known by name and not there: told, so that it can be added.
pub(super) fn unsupported(_: &mut Call<'_>) -> CallResult {
    Err(Errno::ENOSYS.into())
}
/// A call that kernels of such devices do not have.
pub(super) fn absent(_: &mut Call<'_>) -> CallResult {
    Err(CallError::Absent)
}

/// The first `count` names, each in a field of that many bytes.
fn give_names(call: &mut Call<'_>, count: usize, width: usize) -> CallResult {
    let core = &call.kernel.core;
    let config = &core.config;
    let names = [
        "Linux",
        &core.hostname,
        &config.kernel_release,
        &config.kernel_version,
        call.abi().machine,
        &core.domainname,
    ];
    let mut record = call.record();
    names.iter().take(count).for_each(|name| _ = record.text(name.as_bytes(), width));
    call.write(call.word(0), record.as_bytes())?;
    Ok(0)
}
pub(super) fn uname(call: &mut Call<'_>) -> CallResult {
    give_names(call, 6, 65)
}
pub(super) fn olduname(call: &mut Call<'_>) -> CallResult {
    give_names(call, 5, 65)
}
pub(super) fn oldolduname(call: &mut Call<'_>) -> CallResult {
    give_names(call, 5, 9)
}

/// `struct sysinfo`: loads are fixed-point with 16 bits.
pub(super) fn sysinfo(call: &mut Call<'_>) -> CallResult {
    let core = &call.kernel.core;
    let total = core.config.identity.memory_kib * 1024;
    let used = core.config.identity.kernel_kib * 1024 + core.total_pages * 4096 + total / 5;
    let free = total.saturating_sub(used);
    let mut record = call.record();
    record.word(core.uptime_ns() / 1_000_000_000);
    record.word(1_966).word(2_621).word(3_276);
    record.word(total).word(free).word(0).word(total / 32).word(0).word(0);
    record.u16(core.processes.len() as u16).u16(0);
    if call.abi().word_bytes == 8 {
        record.u32(0);
    }
    record.word(0).word(0).u32(1);
    record.pad_to(if call.abi().word_bytes == 8 { 112 } else { 64 });
    call.write(call.word(0), record.as_bytes())?;
    Ok(0)
}

fn set_name(call: &mut Call<'_>) -> Result<String, Errno> {
    let length = usize::try_from(call.int(1)).ok().filter(|length| *length <= 64).ok_or(Errno::EINVAL)?;
    call.require(Capability::SYS_ADMIN)?;
    let bytes = call.read_bytes(call.word(0), length)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
pub(super) fn sethostname(call: &mut Call<'_>) -> CallResult {
    call.core().hostname = set_name(call)?;
    Ok(0)
}
pub(super) fn setdomainname(call: &mut Call<'_>) -> CallResult {
    call.core().domainname = set_name(call)?;
    Ok(0)
}

pub(super) fn getrandom(call: &mut Call<'_>) -> CallResult {
    let (address, length) = (call.word(0), call.length(1));
    if call.unsigned(2) & !7 != 0 {
        return Err(Errno::EINVAL.into());
    }
    let mut bytes = vec![0; length];
    call.core().random.fill(&mut bytes);
    call.write(address, &bytes)?;
    Ok(length as u64)
}

/// Everything is where it belongs already.
pub(super) fn sync(_: &mut Call<'_>) -> CallResult {
    Ok(0)
}

pub(super) fn refuse(call: &mut Call<'_>, what: String) {
    call.notify(NoticeKind::Refused { what });
}

/// sysfs(2): the types of file systems by number and name.
pub(super) fn sysfs(call: &mut Call<'_>) -> CallResult {
    let listed = call.kernel.core.config.identity.filesystems.clone();
    match call.int(0) {
        1 => {
            let name = call.string(call.word(1), 64)?;
            let place = listed.iter().position(|(known, _)| known.as_bytes() == name).ok_or(Errno::EINVAL)?;
            Ok(place as u64)
        }
        2 => {
            let (name, _) = listed.get(call.unsigned(1) as usize).ok_or(Errno::EINVAL)?;
            call.write(call.word(2), &[name.as_bytes(), b"\0"].concat())?;
            Ok(0)
        }
        3 => Ok(listed.len() as u64),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// The magic numbers are checked, the restart does not happen: the caller believes it does.
pub(super) fn reboot(call: &mut Call<'_>) -> CallResult {
    call.require(Capability::SYS_BOOT)?;
    if call.unsigned(0) != 0xfee1_dead {
        return Err(Errno::EINVAL.into());
    }
    /// LINUX_REBOOT_MAGIC2, with the birthdays
    const SECOND: [u32; 4] = [672_274_793, 85_072_278, 369_367_448, 537_993_216];
    /// RESTART, HALT, POWER_OFF, RESTART2, CAD_ON, CAD_OFF
    const COMMANDS: [u32; 6] = [0x0123_4567, 0xcdef_0123, 0x4321_fedc, 0xa1b2_c3d4, 0x89ab_cdef, 0];
    let command = call.unsigned(2);
    if !SECOND.contains(&call.unsigned(1)) || !COMMANDS.contains(&command) {
        return Err(Errno::EINVAL.into());
    }
    refuse(call, format!("reboot {command:#x}"));
    Ok(0)
}
/// No module is for this kernel.
pub(super) fn init_module(call: &mut Call<'_>) -> CallResult {
    call.require(Capability::SYS_MODULE)?;
    refuse(call, String::from("init_module"));
    Err(Errno::ENOEXEC.into())
}
pub(super) fn delete_module(call: &mut Call<'_>) -> CallResult {
    call.require(Capability::SYS_MODULE)?;
    let address = call.word(0);
    let name = call.string(address, 63)?;
    refuse(call, format!("delete_module {}", String::from_utf8_lossy(&name)));
    Err(Errno::EBUSY.into())
}
/// swapon, quotactl, acct, pivot_root …: nothing of that kind on such a device.
pub(super) fn forbidden(_: &mut Call<'_>) -> CallResult {
    Err(Errno::EPERM.into())
}
pub(super) fn vhangup(call: &mut Call<'_>) -> CallResult {
    call.require(Capability::SYS_TTY_CONFIG)?;
    Ok(0)
}

/// The kernel's message buffer: its size, and nothing in it that is worth reading.
pub(super) fn syslog(call: &mut Call<'_>) -> CallResult {
    match call.unsigned(0) {
        0 | 1 | 5..=8 => Ok(0),
        2..=4 => {
            let text = kernel_messages(call);
            let kept = text.len().min(call.length(2));
            let start = text.len() - kept;
            call.write(call.word(1), text.as_bytes().get(start..).unwrap_or_default())?;
            Ok(kept as u64)
        }
        9 => Ok(0),
        10 => Ok(16_384),
        _ => Err(Errno::EINVAL.into()),
    }
}
/// What a kernel says when it starts, as far as it follows from the identity.
fn kernel_messages(call: &Call<'_>) -> String {
    let identity = &call.kernel.core.config.identity;
    format!(
        "<5>[    0.000000] {}\n<5>[    0.000000] Kernel command line: {}\n<6>[    0.000000] Memory: {}K/{}K available\n",
        identity.version,
        identity.cmdline,
        identity.memory_kib.saturating_sub(identity.kernel_kib),
        identity.memory_kib,
    )
}
