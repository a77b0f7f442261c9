//! ioctl of `/dev/rtc0` and `/dev/input/eventN`.
//!
//! Neighbour: `proc/hardware.rs` says what the product has. `linux/rtc.h`, `linux/input.h`; of a request's number only
//! its letter, its number and its length count, as their places differ on MIPS.
use super::call::{Call, CallResult};
use crate::{abi::Numbering, errno::Errno, proc::Input, vfs::Capability};
use alloc::vec::Vec;

const SECOND_NS: i64 = 1_000_000_000;
const DAY_S: i64 = 86_400;
/// EVIOCGVERSION: EV_VERSION
const EVENT_VERSION: u32 = 0x1_0001;
/// EV_SYN and EV_KEY
const KINDS: [u16; 2] = [0, 1];

/// Letter and number of a request.
fn parts(number: u32) -> (u8, u32) {
    ((number >> 8) as u8, number & 0xff)
}
/// The length that a request's number says.
fn length(call: &Call<'_>, number: u32) -> usize {
    let bits = if call.abi().numbering == Numbering::Mips { 0x1fff } else { 0x3fff };
    (number >> 16 & bits) as usize
}

/// Days since 1970 of a date, and back (proleptic Gregorian; years begin in March for the reckoning).
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 + day - 1 - 719_468
}
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days - era * 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = (year + era * 400, if month < 10 { month + 3 } else { month - 9 });
    (if month <= 2 { year + 1 } else { year }, month, day)
}

/// The real time clock: it goes on by itself, whatever settimeofday does.
pub(super) fn clock(call: &mut Call<'_>, number: u32) -> CallResult {
    let address = call.word(2);
    let core = &mut call.kernel.core;
    let now = core.config.wall_ns.saturating_add(i64::try_from(core.now_ns).unwrap_or(i64::MAX));
    match parts(number) {
        // RTC_RD_TIME
        (b'p', 9) => {
            let seconds = now.saturating_add(core.clock_shift_ns).div_euclid(SECOND_NS);
            let (days, of_day) = (seconds.div_euclid(DAY_S), seconds.rem_euclid(DAY_S));
            let (year, month, day) = date_of(days);
            let of_year = days - days_of(year, 1, 1);
            let members = [
                of_day % 60,
                of_day / 60 % 60,
                of_day / 3_600,
                day,
                month - 1,
                year - 1_900,
                (days + 4).rem_euclid(7),
                of_year,
                0,
            ];
            let mut record = call.record();
            members.iter().for_each(|member| _ = record.u32(*member as u32));
            call.write(address, record.as_bytes())?;
            Ok(0)
        }
        // RTC_SET_TIME
        (b'p', 10) => {
            call.require(Capability::SYS_TIME).map_err(|_| Errno::EACCES)?;
            let bytes = call.read_bytes(address, 36)?;
            let view = crate::record::View::new(call.abi(), &bytes);
            let member =
                |place: usize| view.u32(place * 4).map_or(-1, |value| i64::from(value.cast_signed()));
            let (second, minute, hour) = (member(0), member(1), member(2));
            let (day, month, year) = (member(3), member(4), member(5));
            let valid = (0..60).contains(&second)
                && (0..60).contains(&minute)
                && (0..24).contains(&hour)
                && (1..32).contains(&day)
                && (0..12).contains(&month)
                && (70..200).contains(&year);
            let days = days_of(year + 1_900, month + 1, day);
            if !valid || date_of(days).2 != day {
                return Err(Errno::EINVAL.into());
            }
            let wanted = (days * DAY_S + hour * 3_600 + minute * 60 + second).saturating_mul(SECOND_NS);
            call.core().clock_shift_ns = wanted.saturating_sub(now);
            Ok(0)
        }
        // alarms and interrupts: such clocks have none
        (b'p', 1..=8 | 15 | 16) => Err(Errno::EINVAL.into()),
        _ => Err(Errno::ENOTTY.into()),
    }
}

/// Bits as an array of `long`.
fn bits(call: &Call<'_>, set: &[u16]) -> Vec<u8> {
    let width = call.abi().word_bytes * 8;
    let most = set.iter().copied().max().map_or(0, usize::from);
    let mut record = call.record();
    for word in 0..=most / width {
        let within = set.iter().filter(|bit| usize::from(**bit) / width == word);
        record.word(within.fold(0, |all, bit| all | 1 << (usize::from(*bit) % width)));
    }
    record.finish()
}

/// A device with keys, none of which is pressed.
pub(super) fn input(call: &mut Call<'_>, index: u32, number: u32) -> CallResult {
    let found = call.kernel.core.config.identity.hardware.inputs.get(index as usize).cloned();
    let Input { name, place, keys } = found.ok_or(Errno::ENODEV)?;
    let (letter, request) = parts(number);
    if letter != b'E' {
        return Err(Errno::EINVAL.into());
    }
    let (address, room) = (call.word(2), length(call, number));
    let text = |text: &str| [text.as_bytes(), &[0]].concat();
    let bytes = match request {
        1 => {
            call.write_u32(address, EVENT_VERSION)?;
            return Ok(0);
        }
        2 => {
            // BUS_HOST, vendor, product, version
            let mut record = call.record();
            record.u16(0x19).u16(1).u16(1).u16(0x100);
            call.write(address, record.as_bytes())?;
            return Ok(0);
        }
        6 => text(&name),
        7 => text(&place),
        8 => return Err(Errno::ENOENT.into()),
        0x9 | 0x18..=0x1b => bits(call, &[]),
        0x20 => bits(call, &KINDS),
        0x21 => bits(call, &keys),
        0x22..=0x3f => bits(call, &[]),
        // EVIOCGRAB
        0x90 => return Ok(0),
        _ => return Err(Errno::EINVAL.into()),
    };
    let given = bytes.get(..room.min(bytes.len())).unwrap_or_default();
    call.write(address, given)?;
    Ok(given.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days_belong_together() {
        for (date, days) in
            [((1970, 1, 1), 0), ((2000, 2, 29), 11_016), ((2026, 3, 1), 20_513), ((1969, 12, 31), -1)]
        {
            let (year, month, day) = date;
            assert_eq!((days_of(year, month, day), date_of(days)), (days, date));
        }
        assert!((-200_000..200_000).all(|days| {
            let (year, month, day) = date_of(days);
            days_of(year, month, day) == days
        }));
    }
}
