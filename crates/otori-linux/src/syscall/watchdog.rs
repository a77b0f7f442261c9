//! ioctl of `/dev/watchdog`.
//!
//! Neighbour: `watchdog.rs` is the device. Malware switches it off so that the machine stays infected: that is told.
//! include/uapi/linux/watchdog.h.
use super::call::{Call, CallResult};
use crate::{dev::WatchdogRequest, errno::Errno, notice::NoticeKind};
use alloc::string::String;

/// WDIOF_SETTIMEOUT, MAGICCLOSE, KEEPALIVEPING
const OPTIONS: u32 = 0x8180;
/// What the driver calls itself.
const IDENTITY: &[u8] = b"Hardware Watchdog";

pub(super) fn ioctl(call: &mut Call<'_>, number: u32) -> CallResult {
    let address = call.word(2);
    let options = call.read_u32(address).unwrap_or(0);
    match WatchdogRequest::from_number(number, options).ok_or(Errno::ENOTTY)? {
        WatchdogRequest::Disable => {
            call.core().stop_watchdog();
            call.notify(NoticeKind::Refused { what: String::from("watchdog disabled") });
        }
        // WDIOS_ENABLECARD; anything else means nothing to a driver
        WatchdogRequest::Options if options & 2 != 0 => call.core().feed_watchdog(),
        WatchdogRequest::Options => return Err(Errno::EINVAL.into()),
        WatchdogRequest::KeepAlive => call.core().feed_watchdog(),
        WatchdogRequest::SetTimeout => {
            let seconds = call.read_u32(address)?;
            call.core().set_watchdog_timeout(seconds)?;
            call.write_u32(address, seconds)?;
        }
        WatchdogRequest::Timeout => call.write_u32(address, call.kernel.core.watchdog.timeout_s)?,
        WatchdogRequest::TimeLeft => call.write_u32(address, call.kernel.core.watchdog_left_s())?,
        WatchdogRequest::Status => call.write_u32(address, 0)?,
        WatchdogRequest::Support => {
            let mut record = call.record();
            record.u32(OPTIONS).u32(0).text(IDENTITY, 32);
            call.write(address, record.as_bytes())?;
        }
    }
    Ok(0)
}
