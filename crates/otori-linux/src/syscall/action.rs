//! What a signal does: sigaction, rt_sigaction, signal, sigaltstack, with each architecture's `struct sigaction`.
//!
//! Neighbours: `signal.rs` has masks and sending, `signal/` keeps the actions. sigaction(2), sigaltstack(2);
//! include/uapi/asm/signal.h and include/linux/compat.h of Linux for the layouts.
use super::{
    call::{Call, CallResult},
    signal::{check_size, read_set, set_bytes},
};
use crate::{
    abi::Numbering,
    arch::{Abi, Column},
    errno::Errno,
    record::{Record, View},
    signal::{Action, ActionFlags, AlternateStack, Handler, Signal, SignalSet},
};

/// SA_RESTORER of every architecture that has it.
const SA_RESTORER: u32 = 0x0400_0000;

/// SA_* bits per numbering: information, restart, no-defer, reset, on-stack, no-child-stop, no-child-wait.
fn action_flags(bits: u32, numbering: Numbering) -> ActionFlags {
    let (information, no_child_wait) = match numbering {
        Numbering::Mips => (0x8, 0x1_0000),
        Numbering::Generic => (0x4, 0x2),
    };
    let has = |bit: u32| bits & bit != 0;
    ActionFlags {
        information: has(information),
        restart: has(0x1000_0000),
        no_defer: has(0x4000_0000),
        reset: has(0x8000_0000),
        alternate_stack: has(0x0800_0000),
        no_child_stop: has(1),
        no_child_wait: has(no_child_wait),
    }
}

/// Where the members of a `struct sigaction` stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Layout {
    handler: usize,
    flags: usize,
    restorer: Option<usize>,
    mask: usize,
    mask_bytes: usize,
    bytes: usize,
}

impl Layout {
    /// The structure of rt_sigaction.
    fn real_time(abi: &Abi) -> Layout {
        let (word, mask_bytes) = (abi.word_bytes, abi.signal_set_bytes);
        match abi.numbering {
            Numbering::Mips => Layout {
                flags: 0,
                handler: 4,
                restorer: None,
                mask: 4 + word,
                mask_bytes,
                bytes: 4 + word + mask_bytes,
            },
            Numbering::Generic => Layout {
                handler: 0,
                flags: word,
                restorer: Some(2 * word),
                mask: 3 * word,
                mask_bytes,
                bytes: 3 * word + mask_bytes,
            },
        }
    }
    /// The structure of sigaction, which 32-bit architectures have.
    fn old(abi: &Abi) -> Layout {
        match abi.numbering {
            Numbering::Mips => Layout::real_time(abi),
            Numbering::Generic => {
                Layout { handler: 0, mask: 4, flags: 8, restorer: Some(12), mask_bytes: 4, bytes: 16 }
            }
        }
    }
}

fn handler_of(address: u64) -> Handler {
    match address {
        0 => Handler::Default,
        1 => Handler::Ignore,
        address => Handler::Function(address),
    }
}
fn address_of(handler: Handler) -> u64 {
    match handler {
        Handler::Default => 0,
        Handler::Ignore => 1,
        Handler::Function(address) => address,
    }
}

pub(super) fn sigaction(call: &mut Call<'_>) -> CallResult {
    let layout = Layout::old(call.abi());
    change_action(call, layout)
}
pub(super) fn rt_sigaction(call: &mut Call<'_>) -> CallResult {
    check_size(call, 3)?;
    let layout = Layout::real_time(call.abi());
    change_action(call, layout)
}

fn read_action(call: &mut Call<'_>, address: u64, layout: Layout) -> Result<Action, Errno> {
    let bytes = call.read_bytes(address, layout.bytes)?;
    let view = View::new(call.abi(), &bytes);
    let guest_flags = view.u32(layout.flags).ok_or(Errno::EFAULT)?;
    let handler = handler_of(view.word(layout.handler).ok_or(Errno::EFAULT)?);
    let restorer = match layout.restorer {
        Some(offset) if guest_flags & SA_RESTORER != 0 => view.word(offset).ok_or(Errno::EFAULT)?,
        _ => 0,
    };
    let mask = read_set(call, address + layout.mask as u64, layout.mask_bytes)?.blockable();
    let flags = action_flags(guest_flags, call.abi().numbering);
    Ok(Action { handler, guest_flags, flags, mask, restorer })
}

/// The bytes of an action; written field by field because the order differs.
fn action_bytes(call: &Call<'_>, action: &Action, layout: Layout) -> Record {
    let mask = set_bytes(call, action.mask, layout.mask_bytes);
    let mut record = call.record();
    let handler = address_of(action.handler);
    match call.abi().numbering {
        Numbering::Mips => record.u32(action.guest_flags).word(handler).bytes(&mask),
        Numbering::Generic if layout.mask < layout.flags => {
            record.word(handler).bytes(&mask).word(u64::from(action.guest_flags)).word(action.restorer)
        }
        Numbering::Generic => {
            record.word(handler).word(u64::from(action.guest_flags)).word(action.restorer).bytes(&mask)
        }
    };
    record
}

fn change_action(call: &mut Call<'_>, layout: Layout) -> CallResult {
    let signal = call.abi().signal_from_guest(call.word(0)).ok_or(Errno::EINVAL)?;
    let (new, old) = (call.word(1), call.word(2));
    let before = call.process()?.actions.get(signal);
    if new != 0 {
        if signal.is_unblockable() {
            return Err(Errno::EINVAL.into());
        }
        let action = read_action(call, new, layout)?;
        call.process()?.actions.set(signal, action);
        if call.process()?.actions.ignores(signal) {
            discard(call, signal)?;
        }
    }
    if old != 0 {
        let record = action_bytes(call, &before, layout);
        call.write(old, record.as_bytes())?;
    }
    Ok(0)
}

/// What is ignored now does not wait any more.
fn discard(call: &mut Call<'_>, signal: Signal) -> Result<(), Errno> {
    let process = call.process()?;
    process.pending.discard(SignalSet::of(signal));
    let threads = process.threads.clone();
    for tid in threads {
        call.core().task_mut(tid)?.pending.discard(SignalSet::of(signal));
    }
    Ok(())
}

/// signal(2) as a call of its own: the old one-shot way.
pub(super) fn signal(call: &mut Call<'_>) -> CallResult {
    let signal = call.abi().signal_from_guest(call.word(0)).filter(|signal| !signal.is_unblockable());
    let signal = signal.ok_or(Errno::EINVAL)?;
    let before = call.process()?.actions.get(signal).handler;
    let flags = ActionFlags { reset: true, no_defer: true, ..ActionFlags::default() };
    let handler = handler_of(call.word(1));
    call.process()?.actions.set(signal, Action { handler, flags, ..Action::default() });
    Ok(address_of(before))
}

/// Where ss_flags and ss_size stand in `stack_t`; ss_sp is first.
fn stack_layout(abi: &Abi) -> (usize, usize) {
    match abi.numbering {
        Numbering::Mips => (2 * abi.word_bytes, abi.word_bytes),
        Numbering::Generic => (abi.word_bytes, 2 * abi.word_bytes),
    }
}

pub(super) fn sigaltstack(call: &mut Call<'_>) -> CallResult {
    /// SS_ONSTACK, SS_DISABLE
    const ON_STACK: u32 = 1;
    const DISABLE: u32 = 2;
    let (new, old) = (call.word(0), call.word(1));
    let (abi, word) = (call.abi(), call.abi().word_bytes);
    let (flags_at, size_at) = stack_layout(abi);
    let task = call.task()?;
    let before = task.alternate_stack;
    let on_it = before.holds(task.cpu.stack_pointer());
    if new != 0 {
        let bytes = call.read_bytes(new, 3 * word)?;
        let view = View::new(abi, &bytes);
        let (base, length) = view.word(0).zip(view.word(size_at)).ok_or(Errno::EFAULT)?;
        let flags = view.u32(flags_at).ok_or(Errno::EFAULT)?;
        let smallest = if abi.column == Column::Aarch64 { 5120 } else { 2048 };
        if on_it {
            return Err(Errno::EPERM.into());
        }
        if flags & !(ON_STACK | DISABLE) != 0 {
            return Err(Errno::EINVAL.into());
        }
        if flags & DISABLE == 0 && length < smallest {
            return Err(Errno::ENOMEM.into());
        }
        let flags = flags & DISABLE;
        call.task()?.alternate_stack = AlternateStack { base, bytes: length, flags };
    }
    let flags = if on_it { ON_STACK } else { before.flags };
    let mut record = call.record();
    record.word(before.base);
    match abi.numbering {
        Numbering::Mips => record.word(before.bytes).u32(flags),
        Numbering::Generic => record.u32(flags).zeros(word - 4).word(before.bytes),
    };
    record.pad_to(3 * word);
    call.write_if(old, record.as_bytes())?;
    Ok(0)
}
