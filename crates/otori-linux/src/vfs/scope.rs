//! Where a path may not lead. Key type: [`Scope`]. Neighbour: walk.rs asks at each step. Specification: openat2(2).
use super::{Context, Node, Vfs};
use crate::errno::Errno;

/// `RESOLVE_*` bits of openat2(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Scope(pub u8);

impl Scope {
    /// anywhere
    pub const ANY: Scope = Scope(0);
    /// `RESOLVE_NO_XDEV`: not into another mount
    pub const ONE_MOUNT: u8 = 0x1;
    /// `RESOLVE_NO_MAGICLINKS`: not by the links of /proc that lead straight to a file
    pub const NO_MAGIC: u8 = 0x2;
    /// `RESOLVE_NO_SYMLINKS`
    pub const NO_LINKS: u8 = 0x4;
    /// `RESOLVE_BENEATH`: not out of the folder that it begins in
    pub const BENEATH: u8 = 0x8;
    /// `RESOLVE_IN_ROOT`: that folder is the root
    pub const IN_ROOT: u8 = 0x10;
    /// `RESOLVE_CACHED`: everything here is
    pub const CACHED: u8 = 0x20;

    fn has(self, bits: u8) -> bool {
        self.0 & bits != 0
    }
    /// How the context of a resolution looks with this scope: what is beneath a folder has it as its root.
    pub(super) fn context<'a>(self, context: &Context<'a>, at: Node) -> Context<'a> {
        let root = if self.has(Scope::BENEATH | Scope::IN_ROOT) { at } else { context.root };
        Context { root, ..*context }
    }
    /// The path begins at the root.
    pub(super) fn check_start(self, path: &[u8]) -> Result<(), Errno> {
        let absolute = path.first() == Some(&b'/');
        if absolute && self.has(Scope::BENEATH) { Err(Errno::EXDEV) } else { Ok(()) }
    }
    /// A symbolic link is to be followed, to that text.
    pub(super) fn check_link(self, target: &[u8]) -> Result<(), Errno> {
        if self.has(Scope::NO_LINKS) {
            return Err(Errno::ELOOP);
        }
        self.check_start(target)?;
        // Linux does not know the root yet and takes it for another mount
        let absolute = target.first() == Some(&b'/');
        if absolute && self.has(Scope::ONE_MOUNT) { Err(Errno::EXDEV) } else { Ok(()) }
    }
    /// A link that leads straight to a file is to be followed.
    pub(super) fn check_magic(self, vfs: &Vfs, from: Node, to: Option<Node>) -> Result<(), Errno> {
        if self.has(Scope::NO_LINKS | Scope::NO_MAGIC) {
            return Err(Errno::ELOOP);
        }
        if self.has(Scope::BENEATH | Scope::IN_ROOT) {
            return Err(Errno::EXDEV);
        }
        match to {
            Some(to) => self.check_step(vfs, from, to),
            None if self.has(Scope::ONE_MOUNT) => Err(Errno::EXDEV),
            None => Ok(()),
        }
    }
    /// `..` is to be gone to from the root.
    pub(super) fn check_above(self, at_root: bool) -> Result<(), Errno> {
        if at_root && self.has(Scope::BENEATH) { Err(Errno::EXDEV) } else { Ok(()) }
    }
    /// From one file to the next.
    pub(super) fn check_step(self, vfs: &Vfs, from: Node, to: Node) -> Result<(), Errno> {
        let seen = |node: Node| {
            // parts of a mount that only procfs has are no mounts of their own
            let covered =
                vfs.mount_of(node).ok().filter(|mount| mount.hidden).and_then(|mount| mount.covered);
            covered.map_or(node.mount, |covered| covered.mount)
        };
        if self.has(Scope::ONE_MOUNT) && seen(from) != seen(to) { Err(Errno::EXDEV) } else { Ok(()) }
    }
}
