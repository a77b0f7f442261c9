//! Capabilities: what root may, in parts; key types [`Capability`], [`CapabilitySet`]. Neighbours: credentials.rs has
//! the effective ones, `task/capability.rs` the others. Specification: capabilities(7), numbers of
//! include/uapi/linux/capability.h.

/// One capability, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capability(u8);

impl Capability {
    #![allow(missing_docs, reason = "the names are those of capabilities(7)")]
    pub const CHOWN: Capability = Capability(0);
    pub const DAC_OVERRIDE: Capability = Capability(1);
    pub const FOWNER: Capability = Capability(3);
    pub const FSETID: Capability = Capability(4);
    pub const KILL: Capability = Capability(5);
    pub const SETGID: Capability = Capability(6);
    pub const SETUID: Capability = Capability(7);
    pub const SETPCAP: Capability = Capability(8);
    pub const NET_RAW: Capability = Capability(13);
    pub const IPC_OWNER: Capability = Capability(15);
    pub const SYS_MODULE: Capability = Capability(16);
    pub const SYS_CHROOT: Capability = Capability(18);
    pub const SYS_PTRACE: Capability = Capability(19);
    pub const SYS_ADMIN: Capability = Capability(21);
    pub const SYS_BOOT: Capability = Capability(22);
    pub const SYS_NICE: Capability = Capability(23);
    pub const SYS_RESOURCE: Capability = Capability(24);
    pub const SYS_TIME: Capability = Capability(25);
    pub const SYS_TTY_CONFIG: Capability = Capability(26);
    pub const MKNOD: Capability = Capability(27);
    pub const SETFCAP: Capability = Capability(31);

    /// How many there are: CAP_LAST_CAP and one of Linux 3.16 to 5.7.
    pub const COUNT: u8 = 38;

    /// The capability of that number; `None` above the last.
    pub fn new(number: u64) -> Option<Capability> {
        u8::try_from(number).ok().filter(|number| *number < Capability::COUNT).map(Capability)
    }
}

/// A set of them, a bit for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CapabilitySet(pub u64);

impl CapabilitySet {
    /// None of them.
    pub const EMPTY: CapabilitySet = CapabilitySet(0);
    /// All of them.
    pub const FULL: CapabilitySet = CapabilitySet((1 << Capability::COUNT) - 1);

    /// Is it in the set?
    pub fn has(self, capability: Capability) -> bool {
        self.0 & (1 << capability.0) != 0
    }
    /// Are all of them in the other set?
    pub fn within(self, other: CapabilitySet) -> bool {
        self.0 & !other.0 == 0
    }
    /// In one of both.
    #[must_use]
    pub fn union(self, other: CapabilitySet) -> CapabilitySet {
        CapabilitySet(self.0 | other.0)
    }
    /// All but one.
    #[must_use]
    pub fn without(self, capability: Capability) -> CapabilitySet {
        CapabilitySet(self.0 & !(1 << capability.0))
    }
}
