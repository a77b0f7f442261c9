//! Exclusive loads and stores, loads with acquire and stores with release. ARM ARM C4.1.66, B2.9.
//!
//! The monitor is [`Link`]: an exclusive store succeeds if memory holds what the exclusive load read. Every access is
//! ordered here, so acquire and release need nothing more.

use super::{Done, ILLEGAL};
use crate::aarch64::access::{load_anywhere, store_anywhere};
use crate::aarch64::word::{Word, destination, source, with_sp};
use crate::aarch64::{Cpu, Link};
use crate::maps::Maps;
use crate::memory::{Access, Fault, FaultKind, Miss};
use crate::op::Interrupt;
use crate::stop::Stop;

pub(super) fn execute(cpu: &mut Cpu, maps: &Maps, word: Word) -> Done {
    let address = cpu.get(with_sp(word.n()));
    let size = 1u32 << word.bits(30, 2);
    let (load, pair) = (word.bit(22), word.bit(21));
    match (word.bit(23), pair) {
        (false, true) if size < 4 => Err(ILLEGAL),
        (false, _) => {
            let bytes = if pair { 2 * size } else { size };
            aligned(address, bytes, if load { Access::Read } else { Access::Write })?;
            if load {
                load_exclusive(cpu, maps, word, address)
            } else {
                store_exclusive(cpu, maps, word, address)
            }
        }
        // LDAR, STLR.
        (true, false) if word.bit(15) => {
            aligned(address, size, if load { Access::Read } else { Access::Write })?;
            ordered(cpu, maps, word, address)
        }
        _ => Err(ILLEGAL),
    }
}

/// All these mind the alignment.
fn aligned(address: u64, bytes: u32, access: Access) -> Done {
    match address & u64::from(bytes - 1) {
        0 => Ok(()),
        _ => Err(Interrupt::Stop(Stop::Fault(Fault { address, access, kind: FaultKind::Unaligned }))),
    }
}

fn missing(address: u64, size: u32, access: Access) -> Interrupt {
    Interrupt::Miss(Miss { address, size, access, step: 0 })
}

fn ordered(cpu: &mut Cpu, maps: &Maps, word: Word, address: u64) -> Done {
    let size = 1u32 << word.bits(30, 2);
    if word.bit(22) {
        let value = load_anywhere(maps, address, size.into());
        let value = value.ok_or(missing(address, size, Access::Read))?;
        cpu.set(destination(word.d()), value as u64);
        return Ok(());
    }
    let value = cpu.get(source(word.d())).into();
    store_anywhere(maps, address, size.into(), value).ok_or(missing(address, size, Access::Write))
}

fn load_exclusive(cpu: &mut Cpu, maps: &Maps, word: Word, address: u64) -> Done {
    let size = 1u32 << word.bits(30, 2);
    let bytes = if word.bit(21) { 2 * size } else { size };
    let value = load_anywhere(maps, address, bytes.into()).ok_or(missing(address, bytes, Access::Read))?;
    cpu.link = Some(Link { address, value, bytes });
    if word.bit(21) {
        let bits = 8 * size;
        cpu.set(destination(word.d()), value as u64 & (u64::MAX >> (64 - bits)));
        cpu.set(destination(word.a()), (value >> bits) as u64);
    } else {
        cpu.set(destination(word.d()), value as u64);
    }
    Ok(())
}

fn store_exclusive(cpu: &mut Cpu, maps: &Maps, word: Word, address: u64) -> Done {
    let size = 1u32 << word.bits(30, 2);
    let bytes = if word.bit(21) { 2 * size } else { size };
    maps.reach(address, bytes, Access::Write)?;
    // What can be stored to can be loaded from, but perhaps not without a look at the other cache.
    let now = load_anywhere(maps, address, bytes.into()).ok_or(missing(address, bytes, Access::Read))?;
    let mut value = u128::from(cpu.get(source(word.d())));
    if word.bit(21) {
        let bits = 8 * size;
        value = value & (u128::MAX >> (128 - bits)) | u128::from(cpu.get(source(word.a()))) << bits;
    }
    let linked = cpu.link == Some(Link { address, value: now, bytes });
    if linked {
        store_anywhere(maps, address, bytes.into(), value).ok_or(missing(address, bytes, Access::Write))?;
    }
    cpu.link = None;
    cpu.set(destination(word.m()), u64::from(!linked));
    Ok(())
}
