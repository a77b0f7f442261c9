//! What a descriptor is ready for; key type [`PollMask`]. Specification: poll(2). The bits are the same on
//! every architecture that we run.
use core::ops::{BitAnd, BitOr, BitOrAssign};

/// A set of poll(2) events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub struct PollMask(pub u16);

impl PollMask {
    /// nothing is ready
    pub const NONE: PollMask = PollMask(0);
    /// bytes, a connection or the end of stream can be read
    pub const IN: PollMask = PollMask(0x001);
    /// urgent data
    pub const PRI: PollMask = PollMask(0x002);
    /// at least one byte can be written
    pub const OUT: PollMask = PollMask(0x004);
    /// an error waits; for a pipe, nobody reads
    pub const ERR: PollMask = PollMask(0x008);
    /// the other side is gone
    pub const HUP: PollMask = PollMask(0x010);
    /// the descriptor is not open
    pub const NVAL: PollMask = PollMask(0x020);
    /// the peer closed its sending side
    pub const RDHUP: PollMask = PollMask(0x2000);

    /// ordinary data can be read
    pub const RDNORM: PollMask = PollMask(0x040);
    /// ordinary data can be written
    pub const WRNORM: PollMask = PollMask(0x100);
    /// data with priority can be written
    pub const WRBAND: PollMask = PollMask(0x200);

    /// This mask with the bits that always come together with `IN` and `OUT`.
    #[must_use]
    pub fn with_normal(self) -> PollMask {
        self.with(PollMask::RDNORM, self.intersects(PollMask::IN))
            .with(PollMask::WRNORM, self.intersects(PollMask::OUT))
    }

    /// Whether any bit of `other` is set here.
    pub fn intersects(self, other: PollMask) -> bool {
        self.0 & other.0 != 0
    }

    /// This mask, with `other` added when `ready`.
    #[must_use]
    pub fn with(self, other: PollMask, ready: bool) -> PollMask {
        if ready { self | other } else { self }
    }
}

impl BitOr for PollMask {
    type Output = PollMask;
    fn bitor(self, other: PollMask) -> PollMask {
        PollMask(self.0 | other.0)
    }
}
impl BitOrAssign for PollMask {
    fn bitor_assign(&mut self, other: PollMask) {
        self.0 |= other.0;
    }
}
impl BitAnd for PollMask {
    type Output = PollMask;
    fn bitand(self, other: PollMask) -> PollMask {
        PollMask(self.0 & other.0)
    }
}
