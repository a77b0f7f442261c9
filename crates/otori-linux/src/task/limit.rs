//! Resource limits of a process: getrlimit(2), prlimit(2).
//!
//! Key types: [`ResourceLimits`], [`Resource`]. Numbers differ on MIPS: `Resource::from_guest` translates.
use crate::{abi::Numbering, config::Limits};

/// RLIMIT_* in the generic order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Resource(usize);

impl Resource {
    pub(crate) const CPU_SECONDS: Resource = Resource(0);
    pub(crate) const FILE_BYTES: Resource = Resource(1);
    pub(crate) const STACK: Resource = Resource(3);
    pub(crate) const PROCESSES: Resource = Resource(6);
    pub(crate) const DESCRIPTORS: Resource = Resource(7);
    pub(crate) const ADDRESS_SPACE: Resource = Resource(9);
    pub(crate) const DATA: Resource = Resource(2);

    /// The generic number of a guest's one.
    pub(crate) fn from_guest(number: u64, numbering: Numbering) -> Option<Resource> {
        let number = usize::try_from(number).ok().filter(|&number| number < 16)?;
        Some(Resource(match (numbering, number) {
            (Numbering::Mips, 5) => 7,
            (Numbering::Mips, 6) => 9,
            (Numbering::Mips, 7) => 5,
            (Numbering::Mips, 8) => 6,
            (Numbering::Mips, 9) => 8,
            (_, other) => other,
        }))
    }
}

/// Soft and hard limit, `u64::MAX` is none.
pub(crate) type Bound = (u64, u64);

/// All limits of one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResourceLimits(pub(crate) [Bound; 16]);

impl ResourceLimits {
    /// What a device's init hands down.
    pub(crate) fn of_device(limits: &Limits) -> Self {
        const NONE: Bound = (u64::MAX, u64::MAX);
        let processes = (limits.processes as u64, limits.processes as u64);
        let mut bounds = [NONE; 16];
        bounds[3] = (8 * 1024 * 1024, u64::MAX);
        bounds[4] = (0, u64::MAX);
        bounds[6] = processes;
        bounds[7] = (limits.descriptors as u64, limits.descriptors_max() as u64);
        bounds[8] = (65_536, 65_536);
        bounds[11] = processes;
        bounds[12] = (819_200, 819_200);
        bounds[13] = (0, 0);
        bounds[14] = (0, 0);
        ResourceLimits(bounds)
    }
    pub(crate) fn get(&self, resource: Resource) -> Bound {
        self.0.get(resource.0).copied().unwrap_or((u64::MAX, u64::MAX))
    }
    pub(crate) fn set(&mut self, resource: Resource, bound: Bound) {
        if let Some(slot) = self.0.get_mut(resource.0) {
            *slot = bound;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mips_numbers_its_resources_in_its_own_way() {
        let of = |number, numbering| Resource::from_guest(number, numbering);
        assert_eq!(of(5, Numbering::Mips), Some(Resource::DESCRIPTORS));
        assert_eq!(of(7, Numbering::Generic), Some(Resource::DESCRIPTORS));
        assert_eq!(of(3, Numbering::Mips), Some(Resource::STACK));
        assert_eq!(of(16, Numbering::Mips), None);
    }
}
