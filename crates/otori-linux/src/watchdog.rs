//! The hardware watchdog: it runs from the first open on, and a machine that does not feed it is reset.
//!
//! Key type: [`Watchdog`]. The reset is told and not done, as reboot(2). Neighbour: `syscall/watchdog.rs` has the
//! requests. Documentation/watchdog/watchdog-api.rst.
use crate::{errno::Errno, kernel::Core, notice::NoticeKind, sched::Deadline};
use alloc::string::String;

/// Seconds without a sign of life, before anyone sets another number.
const TIMEOUT_S: u32 = 60;
/// Most seconds that can be set, as drivers with a 16-bit register have it.
const TIMEOUT_MOST_S: u32 = 65_535;
const NS_PER_SECOND: u64 = 1_000_000_000;

/// Its state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watchdog {
    pub(crate) timeout_s: u32,
    /// when it resets the machine; none while it does not run
    pub(crate) due_ns: Option<u64>,
    /// somebody has it open: nobody else can
    is_open: bool,
    /// the letter V was written: closing stops it
    stops_at_close: bool,
    /// who opened it last
    pid: u32,
}

impl Default for Watchdog {
    fn default() -> Self {
        Watchdog { timeout_s: TIMEOUT_S, due_ns: None, is_open: false, stops_at_close: false, pid: 0 }
    }
}

impl Core {
    /// Starts it; EBUSY while another one has it open.
    pub(crate) fn open_watchdog(&mut self, pid: u32) -> Result<(), Errno> {
        if self.watchdog.is_open {
            return Err(Errno::EBUSY);
        }
        (self.watchdog.is_open, self.watchdog.stops_at_close, self.watchdog.pid) = (true, false, pid);
        self.feed_watchdog();
        Ok(())
    }
    /// Closing it stops it only after the letter V.
    pub(crate) fn close_watchdog(&mut self) {
        self.watchdog.is_open = false;
        if self.watchdog.stops_at_close {
            self.set_watchdog(None);
        }
    }
    /// Any written byte is a sign of life.
    pub(crate) fn write_watchdog(&mut self, bytes: &[u8]) -> usize {
        if !bytes.is_empty() {
            self.watchdog.stops_at_close = bytes.contains(&b'V');
            self.feed_watchdog();
        }
        bytes.len()
    }
    /// A sign of life: it waits its whole time again.
    pub(crate) fn feed_watchdog(&mut self) {
        let wait_ns = u64::from(self.watchdog.timeout_s) * NS_PER_SECOND;
        self.set_watchdog(Some(self.now_ns.saturating_add(wait_ns)));
    }
    pub(crate) fn stop_watchdog(&mut self) {
        self.set_watchdog(None);
    }
    fn set_watchdog(&mut self, due_ns: Option<u64>) {
        if let Some(before) = self.watchdog.due_ns {
            self.deadlines.remove(&(before, Deadline::Watchdog));
        }
        self.watchdog.due_ns = due_ns;
        if let Some(due_ns) = due_ns {
            self.deadlines.insert((due_ns, Deadline::Watchdog));
        }
    }
    /// WDIOC_SETTIMEOUT; EINVAL for what no register holds.
    pub(crate) fn set_watchdog_timeout(&mut self, seconds: u32) -> Result<(), Errno> {
        if seconds == 0 || seconds > TIMEOUT_MOST_S {
            return Err(Errno::EINVAL);
        }
        self.watchdog.timeout_s = seconds;
        self.feed_watchdog();
        Ok(())
    }
    /// WDIOC_GETTIMELEFT, whole seconds.
    pub(crate) fn watchdog_left_s(&self) -> u32 {
        let left_ns = self.watchdog.due_ns.map_or(0, |due_ns| due_ns.saturating_sub(self.now_ns));
        u32::try_from(left_ns / NS_PER_SECOND).unwrap_or(u32::MAX)
    }
    /// Nobody gave a sign of life.
    pub(crate) fn watchdog_due(&mut self) {
        self.watchdog.due_ns = None;
        let what = String::from("reboot by the watchdog");
        self.notify(self.watchdog.pid, NoticeKind::Refused { what });
    }
}
