//! `/proc`: processes and the machine as text; key types [`ProcView`] (what the kernel tells) and [`ProcNode`]
//! (an entry). Neighbour: vfs/ walks through it. Specification: proc(5), proc_pid_*(5), proc_sys(5).
mod bridge;
mod hardware;
mod identity;
mod interface;
mod machine;
mod network;
mod nobody;
mod node;
mod process;
#[cfg(test)]
pub(crate) mod sample;
mod setting;
mod socket_table;
mod table;
#[cfg(test)]
mod tests;
mod view;

pub use hardware::{GpioChip, Hardware, Input, Led};
pub use identity::{DeviceIdentity, MtdPartition};
pub use nobody::NoProcesses;
pub use node::{LinkTarget, ProcNode};
pub use setting::{Settings, Written};
pub use view::{
    DescriptorTarget, DescriptorView, IpcKind, LockView, Magic, MapView, MemoryFile, ProcView, ProcessState,
    ProcessView, SystemView,
};
