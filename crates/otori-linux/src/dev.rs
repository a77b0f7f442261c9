//! Device files; key type [`Device`]. The kernel asks here what a device number means and how it answers;
//! terminals are in tty/. Specification: null(4), random(4), mem(4), `Documentation/admin-guide/devices.txt`.
mod system;

pub use system::populate as populate_sysfs;

use crate::errno::Errno;
use crate::proc::DeviceIdentity;
use crate::vfs::{BaseBuilder, BaseError, DeviceNumber, Kind};
use alloc::format;

/// What a device number stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// `/dev/mem`
    Memory,
    /// `/dev/kmem`
    KernelMemory,
    /// `/dev/null`
    Null,
    /// `/dev/port`
    Port,
    /// `/dev/zero`
    Zero,
    /// `/dev/full`
    Full,
    /// `/dev/random` and `/dev/urandom`
    Random,
    /// `/dev/kmsg`
    KernelLog,
    /// `/dev/tty`: the caller's controlling terminal
    ControllingTty,
    /// `/dev/console` and `/dev/ttyS0`
    Console,
    /// `/dev/ptmx`: opening makes a new terminal
    TtyMultiplexer,
    /// `/dev/pts/N`
    TtySlave(u32),
    /// `/dev/watchdog`
    Watchdog,
    /// `/dev/rtc0`
    Clock,
    /// `/dev/input/eventN`
    Input(u32),
    /// `/dev/mtdN` and `/dev/mtdblockN`
    Flash {
        /// partition
        index: u32,
        /// `/dev/mtdNro`
        read_only: bool,
        /// `/dev/mtdblockN`
        block: bool,
    },
}

impl Device {
    /// Whether there is something to wait for: what has no poll of its own is refused by epoll(7).
    pub fn can_wait(self) -> bool {
        matches!(
            self,
            Device::Random
                | Device::Clock
                | Device::Input(_)
                | Device::KernelLog
                | Device::ControllingTty
                | Device::Console
                | Device::TtyMultiplexer
                | Device::TtySlave(_)
        )
    }

    /// The device of that kind and number; `None` means that opening it gives ENXIO.
    pub fn from_number(kind: Kind, number: DeviceNumber) -> Option<Device> {
        let DeviceNumber { major, minor } = number;
        Some(match (kind, major, minor) {
            (Kind::Character, 1, 1) => Device::Memory,
            (Kind::Character, 1, 2) => Device::KernelMemory,
            (Kind::Character, 1, 3) => Device::Null,
            (Kind::Character, 1, 4) => Device::Port,
            (Kind::Character, 1, 5) => Device::Zero,
            (Kind::Character, 1, 7) => Device::Full,
            (Kind::Character, 1, 8 | 9) => Device::Random,
            (Kind::Character, 1, 11) => Device::KernelLog,
            (Kind::Character, 4, 0 | 1 | 64 | 65) | (Kind::Character, 5, 1) => Device::Console,
            (Kind::Character, 5, 0) => Device::ControllingTty,
            (Kind::Character, 5, 2) => Device::TtyMultiplexer,
            (Kind::Character, 10, 130) => Device::Watchdog,
            (Kind::Character, 13, minor @ 64..=95) => Device::Input(minor - 64),
            (Kind::Character, 254, 0) => Device::Clock,
            (Kind::Character, 90, minor) => {
                Device::Flash { index: minor / 2, read_only: minor % 2 == 1, block: false }
            }
            (Kind::Character, 136..=143, minor) => Device::TtySlave((major - 136) * 256 + minor),
            (Kind::Block, 31, index) => Device::Flash { index, read_only: false, block: true },
            _ => return None,
        })
    }

    /// Whether opening works, as a product's kernel with `STRICT_DEVMEM` and without `/dev/kmem` answers.
    pub fn check_open(self, identity: &DeviceIdentity, writes: bool) -> Result<(), Errno> {
        match self {
            Device::Memory | Device::Port if writes => Err(Errno::EPERM),
            Device::KernelMemory => Err(Errno::ENXIO),
            Device::Flash { index, read_only, .. } => match identity.mtd.get(index as usize) {
                None => Err(Errno::ENODEV),
                Some(_) if read_only && writes => Err(Errno::EACCES),
                Some(_) => Ok(()),
            },
            Device::Clock if identity.hardware.clock.is_none() => Err(Errno::ENXIO),
            Device::Input(index) if identity.hardware.inputs.get(index as usize).is_none() => {
                Err(Errno::ENODEV)
            }
            _ => Ok(()),
        }
    }

    /// Reads; `random` fills a buffer from the machine's seed. Terminals and flash are not read here: `EIO`.
    pub fn read(self, into: &mut [u8], random: &mut dyn FnMut(&mut [u8])) -> Result<usize, Errno> {
        match self {
            Device::Null => Ok(0),
            Device::Zero | Device::Full => {
                into.fill(0);
                Ok(into.len())
            }
            Device::Random => {
                random(into);
                Ok(into.len())
            }
            Device::Memory | Device::KernelMemory | Device::Port => Err(Errno::EPERM),
            // no interrupt ever comes, and nobody presses a key
            Device::KernelLog | Device::Clock | Device::Input(_) => Err(Errno::EAGAIN),
            Device::Watchdog => Err(Errno::EINVAL),
            // the machine keeps what is in its flash
            Device::Flash { .. } => Err(Errno::EIO),
            Device::ControllingTty | Device::Console | Device::TtyMultiplexer | Device::TtySlave(_) => {
                Err(Errno::EIO)
            }
        }
    }

    /// Takes written bytes and says how many count as written.
    pub fn write(self, bytes: &[u8]) -> Result<usize, Errno> {
        match self {
            Device::Null | Device::Zero | Device::Random | Device::KernelLog | Device::Watchdog => {
                Ok(bytes.len())
            }
            Device::Full => Err(Errno::ENOSPC),
            Device::Memory | Device::KernelMemory | Device::Port => Err(Errno::EPERM),
            Device::Flash { .. } => Err(Errno::EIO),
            Device::Clock => Err(Errno::EINVAL),
            // events that a program sends itself, as for lamps of a keyboard
            Device::Input(_) => Ok(bytes.len()),
            Device::ControllingTty | Device::Console | Device::TtyMultiplexer | Device::TtySlave(_) => {
                Err(Errno::EIO)
            }
        }
    }

    /// Whether this is a terminal or makes one.
    pub fn is_terminal(self) -> bool {
        matches!(
            self,
            Device::ControllingTty | Device::Console | Device::TtyMultiplexer | Device::TtySlave(_)
        )
    }
}

/// A request to the watchdog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchdogRequest {
    /// WDIOC_SETOPTIONS with WDIOS_DISABLECARD: what Mirai does so that the device does not restart
    Disable,
    /// WDIOC_SETOPTIONS with anything else
    Options,
    /// WDIOC_KEEPALIVE
    KeepAlive,
    /// WDIOC_GETSUPPORT: what it can do
    Support,
    /// WDIOC_SETTIMEOUT: takes a number of seconds
    SetTimeout,
    /// WDIOC_GETTIMEOUT: gives that number
    Timeout,
    /// WDIOC_GETTIMELEFT: gives the seconds until the reset
    TimeLeft,
    /// WDIOC_GETSTATUS, WDIOC_GETBOOTSTATUS: gives 0
    Status,
}

impl WatchdogRequest {
    /// The request with that ioctl number. The direction bits differ between MIPS and the generic numbering,
    /// and malware uses the wrong ones: only type and number count. `options` is the word at the argument.
    pub fn from_number(number: u32, options: u32) -> Option<WatchdogRequest> {
        if number >> 8 & 0xff != u32::from(b'W') {
            return None;
        }
        Some(match number & 0xff {
            4 if options & 1 != 0 => WatchdogRequest::Disable,
            4 => WatchdogRequest::Options,
            5 => WatchdogRequest::KeepAlive,
            0 => WatchdogRequest::Support,
            6 => WatchdogRequest::SetTimeout,
            7 => WatchdogRequest::Timeout,
            10 => WatchdogRequest::TimeLeft,
            1 | 2 => WatchdogRequest::Status,
            _ => return None,
        })
    }
}

/// Fills a tree for `/dev` with the usual devices and one pair per flash partition.
pub fn populate(builder: &mut BaseBuilder, identity: &DeviceIdentity) -> Result<(), BaseError> {
    let character = [
        ("mem", 1, 1, 0o640),
        ("kmem", 1, 2, 0o640),
        ("null", 1, 3, 0o666),
        ("port", 1, 4, 0o640),
        ("zero", 1, 5, 0o666),
        ("full", 1, 7, 0o666),
        ("random", 1, 8, 0o666),
        ("urandom", 1, 9, 0o666),
        ("kmsg", 1, 11, 0o644),
        ("tty0", 4, 0, 0o620),
        ("tty1", 4, 1, 0o620),
        ("ttyS0", 4, 64, 0o660),
        ("ttyS1", 4, 65, 0o660),
        ("tty", 5, 0, 0o666),
        ("console", 5, 1, 0o600),
        ("ptmx", 5, 2, 0o666),
        ("watchdog", 10, 130, 0o600),
        ("misc/watchdog", 10, 130, 0o600),
    ];
    for (name, major, minor, mode) in character {
        let attributes = builder.root_owned(mode);
        builder.character(name, DeviceNumber { major, minor }, attributes)?;
    }
    for (index, _) in identity.mtd.iter().enumerate() {
        let (index, attributes) = (index as u32, builder.root_owned(0o660));
        builder.character(
            &format!("mtd{index}"),
            DeviceNumber { major: 90, minor: index * 2 },
            attributes,
        )?;
        let read_only = DeviceNumber { major: 90, minor: index * 2 + 1 };
        builder.character(&format!("mtd{index}ro"), read_only, attributes)?;
        builder.block(&format!("mtdblock{index}"), DeviceNumber { major: 31, minor: index }, attributes)?;
    }
    if identity.hardware.clock.is_some() {
        let attributes = builder.root_owned(0o600);
        builder.character("rtc0", DeviceNumber { major: 254, minor: 0 }, attributes)?;
        builder.link("rtc", b"rtc0", attributes)?;
    }
    for (index, _) in (0..).zip(&identity.hardware.inputs) {
        let attributes = builder.root_owned(0o640);
        let number = DeviceNumber { major: 13, minor: 64 + index };
        builder.character(&format!("input/event{index}"), number, attributes)?;
    }
    let links = [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ];
    for (name, target) in links {
        let attributes = builder.root_owned(0o777);
        builder.link(name, target.as_bytes(), attributes)?;
    }
    for (name, mode) in [("pts", 0o755), ("shm", 0o1777)] {
        let attributes = builder.root_owned(mode);
        builder.directory(name, attributes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_device_is_known_and_answers_as_the_manual_says() {
        let identity = DeviceIdentity::default();
        let mut random = |bytes: &mut [u8]| bytes.fill(7);
        let mut read = |major, minor| {
            let device = Device::from_number(Kind::Character, DeviceNumber { major, minor }).unwrap();
            let mut bytes = [1; 4];
            device.read(&mut bytes, &mut random).map(|count| (count, bytes))
        };
        assert_eq!(read(1, 3), Ok((0, [1; 4])));
        assert_eq!(read(1, 5), Ok((4, [0; 4])));
        assert_eq!(read(1, 9), Ok((4, [7; 4])));
        assert_eq!(read(1, 1), Err(Errno::EPERM));
        assert_eq!(Device::Full.write(b"x"), Err(Errno::ENOSPC));
        assert_eq!(
            Device::Flash { index: 0, read_only: false, block: false }.check_open(&identity, false),
            Err(Errno::ENODEV)
        );
        assert_eq!(Device::from_number(Kind::Block, DeviceNumber { major: 8, minor: 0 }), None);
    }

    #[test]
    fn both_direction_bits_of_the_watchdog_switch_it_off() {
        for number in [0x8004_5704, 0x4004_5704] {
            assert_eq!(WatchdogRequest::from_number(number, 1), Some(WatchdogRequest::Disable));
        }
        assert_eq!(WatchdogRequest::from_number(0x5401, 1), None);
    }
}
