//! prctl: what a process says about itself.
//!
//! Options that such kernels do not have are EINVAL, as there. prctl(2), capabilities(7).
use super::{
    call::{Call, CallResult},
    capability, seccomp,
};
use crate::{errno::Errno, notice::NoticeKind};

/// PR_*
mod option {
    pub(super) const SET_PDEATHSIG: u32 = 1;
    pub(super) const GET_PDEATHSIG: u32 = 2;
    pub(super) const GET_DUMPABLE: u32 = 3;
    pub(super) const SET_DUMPABLE: u32 = 4;
    pub(super) const GET_KEEPCAPS: u32 = 7;
    pub(super) const SET_KEEPCAPS: u32 = 8;
    pub(super) const GET_TIMING: u32 = 13;
    pub(super) const SET_TIMING: u32 = 14;
    pub(super) const SET_NAME: u32 = 15;
    pub(super) const GET_NAME: u32 = 16;
    pub(super) const GET_SECCOMP: u32 = 21;
    pub(super) const SET_SECCOMP: u32 = 22;
    pub(super) const CAPBSET_READ: u32 = 23;
    pub(super) const CAPBSET_DROP: u32 = 24;
    pub(super) const GET_SECUREBITS: u32 = 27;
    pub(super) const SET_TIMERSLACK: u32 = 29;
    pub(super) const GET_TIMERSLACK: u32 = 30;
    pub(super) const SET_CHILD_SUBREAPER: u32 = 36;
    pub(super) const GET_CHILD_SUBREAPER: u32 = 37;
    pub(super) const SET_NO_NEW_PRIVS: u32 = 38;
    pub(super) const GET_NO_NEW_PRIVS: u32 = 39;
    pub(super) const GET_TID_ADDRESS: u32 = 40;
    pub(super) const SET_THP_DISABLE: u32 = 41;
    pub(super) const GET_THP_DISABLE: u32 = 42;
    pub(super) const SET_FP_MODE: u32 = 45;
    pub(super) const GET_FP_MODE: u32 = 46;
}

/// What the kernel rounds timers to unless told otherwise.
const TIMER_SLACK_NS: u64 = 50_000;

pub(super) fn prctl(call: &mut Call<'_>) -> CallResult {
    let argument = call.word(1);
    match call.unsigned(0) {
        option::SET_PDEATHSIG => {
            let signal = call.abi().signal_from_guest(argument);
            if argument != 0 && signal.is_none() {
                return Err(Errno::EINVAL.into());
            }
            call.process()?.death_signal = signal;
            Ok(0)
        }
        option::GET_PDEATHSIG => {
            let abi = call.abi();
            let number = call.process()?.death_signal.map_or(0, |signal| abi.signal_to_guest(signal));
            call.write_u32(argument, u32::from(number))?;
            Ok(0)
        }
        option::SET_NAME => set_name(call, argument),
        option::GET_NAME => {
            let mut record = call.record();
            let comm = call.task()?.comm.clone();
            record.text(&comm, 16);
            call.write(argument, record.as_bytes())?;
            Ok(0)
        }
        option::CAPBSET_READ => capability::bounding(call, argument),
        option::CAPBSET_DROP => capability::drop_from_bounding(call, argument),
        option::GET_SECCOMP => seccomp::mode(call),
        option::SET_SECCOMP => seccomp::set_mode(call, argument),
        option::GET_TIMING | option::GET_SECUREBITS | option::GET_THP_DISABLE => Ok(0),
        option::SET_TIMING if argument == 0 => Ok(0),
        option::SET_THP_DISABLE => Ok(0),
        option::GET_TID_ADDRESS => {
            let address = call.task()?.clear_child_tid;
            let mut record = call.record();
            record.word(address);
            call.write(argument, record.as_bytes())?;
            Ok(0)
        }
        option::GET_FP_MODE => Ok(call.task()?.cpu.float_mode().map(u64::from).ok_or(Errno::EINVAL)?),
        option::SET_FP_MODE => set_float_mode(call),
        number => attribute(call, number, argument),
    }
}

fn set_name(call: &mut Call<'_>, address: u64) -> CallResult {
    let mut bytes = call.read_bytes(address, 16).or_else(|_| call.string(address, 15))?;
    bytes.truncate(15);
    let task = call.task()?;
    task.set_comm(&bytes);
    let comm = task.comm.clone();
    call.notify(NoticeKind::Renamed { comm });
    Ok(0)
}

/// Of all threads.
fn set_float_mode(call: &mut Call<'_>) -> CallResult {
    let mode = call.unsigned(1);
    for tid in call.process()?.threads.clone() {
        call.core().task_mut(tid)?.cpu.set_float_mode(mode)?;
    }
    Ok(0)
}

/// Values that are kept and given back.
fn attribute(call: &mut Call<'_>, number: u32, argument: u64) -> CallResult {
    let others = [2, 3, 4].map(|index| call.word(index));
    let process = call.process()?;
    let attributes = &mut process.attributes;
    match number {
        option::GET_DUMPABLE => return Ok(u64::from(!attributes.undumpable)),
        option::SET_DUMPABLE if argument <= 1 => attributes.undumpable = argument == 0,
        option::GET_KEEPCAPS => return Ok(u64::from(process.identity.capabilities.kept)),
        option::SET_KEEPCAPS if argument <= 1 => process.identity.capabilities.kept = argument == 1,
        option::GET_TIMERSLACK => return Ok(attributes.timer_slack_ns.unwrap_or(TIMER_SLACK_NS)),
        option::SET_TIMERSLACK => attributes.timer_slack_ns = (argument != 0).then_some(argument),
        option::SET_CHILD_SUBREAPER => attributes.subreaper = argument != 0,
        option::GET_CHILD_SUBREAPER => {
            let subreaper = attributes.subreaper;
            call.write_u32(argument, u32::from(subreaper))?;
        }
        option::SET_NO_NEW_PRIVS if argument == 1 && others == [0; 3] => process.no_new_privileges = true,
        option::GET_NO_NEW_PRIVS => return Ok(u64::from(process.no_new_privileges)),
        _ => return Err(Errno::EINVAL.into()),
    }
    Ok(0)
}
