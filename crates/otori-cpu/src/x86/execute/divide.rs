//! Division. Intel SDM volume 2: DIV, IDIV. Flags are undefined and stay as they are.

use super::super::cpu::{AX, Cpu, DX};
use super::super::flags::{cut, extend};
use super::{get, pieces, set};
use crate::op::Interrupt;
use crate::stop::Stop;

const ERROR: Interrupt = Interrupt::Stop(Stop::DivideError);

/// The dividend of `2 * W` bits.
fn dividend<const W: u32>(cpu: &Cpu) -> u128 {
    match W {
        8 => u128::from(cut::<16>(get(cpu, AX))),
        _ => u128::from(cut::<W>(get(cpu, DX))) << W | u128::from(cut::<W>(get(cpu, AX))),
    }
}

fn put<const W: u32>(cpu: &mut Cpu, quotient: u64, remainder: u64) {
    if W == 8 {
        set::<16>(cpu, AX, quotient & 0xff | (remainder & 0xff) << 8);
    } else {
        set::<W>(cpu, AX, quotient);
        set::<W>(cpu, DX, remainder);
    }
}

pieces! {
    /// Unsigned, by a.
    fn unsigned<const W: u32>(cpu, maps, op) {
        let (dividend, divisor) = (dividend::<W>(cpu), cut::<W>(get(cpu, op.a)));
        if divisor == 0 {
            return Err(ERROR);
        }
        // Mostly the dividend has no upper half; then a plain division does.
        let (quotient, remainder) = match u64::try_from(dividend) {
            Ok(small) => (u128::from(small / divisor), small % divisor),
            Err(_) => (dividend / u128::from(divisor), (dividend % u128::from(divisor)) as u64),
        };
        if quotient >> W != 0 {
            return Err(ERROR);
        }
        put::<W>(cpu, quotient as u64, remainder);
        Ok(())
    }

    /// Signed, by a.
    fn signed<const W: u32>(cpu, maps, op) {
        let unused = 128 - 2 * W;
        let dividend = (dividend::<W>(cpu) << unused) as i128 >> unused;
        let divisor = extend::<W>(get(cpu, op.a)) as i64;
        if divisor == 0 {
            return Err(ERROR);
        }
        let (quotient, remainder) = match i64::try_from(dividend) {
            Ok(small) if divisor != -1 => (i128::from(small / divisor), small % divisor),
            _ => {
                let quotient = dividend.checked_div(divisor.into()).ok_or(ERROR)?;
                (quotient, dividend.wrapping_rem(divisor.into()) as i64)
            }
        };
        if i128::from(extend::<W>(quotient as u64) as i64) != quotient {
            return Err(ERROR);
        }
        put::<W>(cpu, quotient as u64, remainder as u64);
        Ok(())
    }
}
