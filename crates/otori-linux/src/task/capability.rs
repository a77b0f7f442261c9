//! The capabilities of a process, and what becomes of them when its ids change or a program begins.
//!
//! Key type: [`Capabilities`]; the effective ones are in `Credentials`, where permission checks look. capabilities(7)
//! "Effect of user ID changes on capabilities" and "Capabilities and execution of programs by root".
use super::Identity;
use crate::{
    errno::Errno,
    vfs::{Capability, CapabilitySet},
};

/// The sets beside the effective one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Capabilities {
    pub(crate) permitted: CapabilitySet,
    pub(crate) inheritable: CapabilitySet,
    /// what execve may give at most
    pub(crate) bounding: CapabilitySet,
    /// PR_SET_KEEPCAPS
    pub(crate) kept: bool,
}

impl Capabilities {
    /// Those of a process that init starts.
    pub(crate) fn of_user(uid: u32) -> Self {
        let permitted = if uid == 0 { CapabilitySet::FULL } else { CapabilitySet::EMPTY };
        Capabilities {
            permitted,
            inheritable: CapabilitySet::EMPTY,
            bounding: CapabilitySet::FULL,
            kept: false,
        }
    }
}

impl Identity {
    pub(crate) fn can(&self, capability: Capability) -> bool {
        self.effective.can(capability)
    }
    fn users(&self) -> [u32; 3] {
        [self.uid, self.effective.uid, self.saved_uid]
    }

    /// Changes user ids, and the capabilities with them.
    pub(crate) fn change_users(&mut self, change: impl FnOnce(&mut Identity)) {
        let before = self.users();
        change(self);
        let after = self.users();
        let [_, effective_before, _] = before;
        let [_, effective_after, _] = after;
        if before.contains(&0) && !after.contains(&0) && !self.capabilities.kept {
            self.capabilities.permitted = CapabilitySet::EMPTY;
            self.effective.capabilities = CapabilitySet::EMPTY;
        }
        if effective_before == 0 && effective_after != 0 {
            self.effective.capabilities = CapabilitySet::EMPTY;
        }
        if effective_before != 0 && effective_after == 0 {
            self.effective.capabilities = self.capabilities.permitted;
        }
    }

    /// A program begins: root gets what the bounding set lets it have, others have nothing.
    pub(crate) fn begin_program(&mut self) {
        let sets = &mut self.capabilities;
        let root = self.uid == 0 || self.effective.uid == 0;
        sets.permitted = if root { sets.inheritable.union(sets.bounding) } else { CapabilitySet::EMPTY };
        sets.kept = false;
        self.effective.capabilities =
            if self.effective.uid == 0 { sets.permitted } else { CapabilitySet::EMPTY };
    }

    /// capset(2).
    ///
    /// # Errors
    /// EPERM for what the process may not give itself.
    pub(crate) fn set_capabilities(
        &mut self,
        effective: CapabilitySet,
        permitted: CapabilitySet,
        inheritable: CapabilitySet,
    ) -> Result<(), Errno> {
        let own = self.capabilities;
        let most = if self.can(Capability::SETPCAP) {
            own.inheritable.union(own.bounding)
        } else {
            own.inheritable.union(own.permitted)
        };
        if !permitted.within(own.permitted) || !effective.within(permitted) || !inheritable.within(most) {
            return Err(Errno::EPERM);
        }
        self.capabilities.permitted = permitted;
        self.capabilities.inheritable = inheritable;
        self.effective.capabilities = effective;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vfs::Credentials;
    use alloc::vec;

    fn root() -> Identity {
        Identity::of_user(0, 0, vec![])
    }

    #[test]
    fn capabilities_go_with_the_last_root_id_and_come_back_with_the_effective_one() {
        let mut identity = root();
        identity.change_users(|ids| ids.effective.uid = 7);
        assert!(!identity.can(Capability::CHOWN) && identity.capabilities.permitted == CapabilitySet::FULL);
        identity.change_users(|ids| ids.effective.uid = 0);
        assert!(identity.can(Capability::CHOWN));
        identity.change_users(|ids| (ids.uid, ids.effective.uid, ids.saved_uid) = (7, 7, 7));
        assert_eq!(identity.capabilities.permitted, CapabilitySet::EMPTY);
        let mut keeping = root();
        keeping.capabilities.kept = true;
        keeping.change_users(|ids| (ids.uid, ids.effective.uid, ids.saved_uid) = (7, 7, 7));
        assert!(!keeping.can(Capability::CHOWN) && keeping.capabilities.permitted == CapabilitySet::FULL);
    }

    #[test]
    fn what_is_given_up_is_gone_until_the_next_program_of_root() {
        let mut identity = root();
        let less = CapabilitySet::FULL.without(Capability::NET_RAW);
        assert_eq!(identity.set_capabilities(less, less, CapabilitySet::EMPTY), Ok(()));
        let full = CapabilitySet::FULL;
        assert_eq!(identity.set_capabilities(full, full, CapabilitySet::EMPTY), Err(Errno::EPERM));
        assert!(!identity.can(Capability::NET_RAW) && identity.can(Capability::CHOWN));
        identity.begin_program();
        assert!(identity.can(Capability::NET_RAW));
        identity.capabilities.bounding = less;
        identity.begin_program();
        assert!(!identity.can(Capability::NET_RAW));
        assert!(!Credentials::of(5, 5, vec![]).can(Capability::CHOWN));
    }
}
