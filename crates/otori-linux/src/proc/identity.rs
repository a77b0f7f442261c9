//! What a product is, as far as its kernel shows it; key type [`DeviceIdentity`]. Built by otori-device from
//! product.toml; read by proc/ and net/.
use super::hardware::Hardware;
use alloc::string::String;
use alloc::vec::Vec;

/// Texts and figures that must agree with each other and with the emulated CPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceIdentity {
    /// whole text of `/proc/cpuinfo`
    pub cpuinfo: String,
    /// whole text of `/proc/version`, without the line end
    pub version: String,
    /// kernel command line
    pub cmdline: String,
    /// memory, KiB
    pub memory_kib: u64,
    /// memory that the kernel itself uses, KiB
    pub kernel_kib: u64,
    /// flash partitions in order
    pub mtd: Vec<MtdPartition>,
    /// file systems of `/proc/filesystems`: name, and whether it needs a device
    pub filesystems: Vec<(String, bool)>,
    /// lines of `/proc/modules`
    pub modules: Vec<String>,
    /// lines of `/proc/devices` for character and block drivers
    pub devices: String,
    /// whole text of `/proc/interrupts`
    pub interrupts: String,
    /// whole text of `/proc/iomem`
    pub iomem: String,
    /// clock, lines, lamps, keys
    pub hardware: Hardware,
}

/// One flash partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MtdPartition {
    /// name as the boot loader gave it
    pub name: String,
    /// size, bytes
    pub size: u32,
    /// erase block, bytes
    pub erase_size: u32,
}

impl Default for DeviceIdentity {
    /// A nameless machine: what `otori exec` shows when no product is given.
    fn default() -> DeviceIdentity {
        DeviceIdentity {
            cpuinfo: String::new(),
            version: "Linux version 6.1.119 (gcc version 12.2.0) #1 SMP Fri Nov 22 14:38:41 UTC 2024".into(),
            cmdline: "console=ttyS0,115200".into(),
            memory_kib: 62_464,
            kernel_kib: 7_120,
            mtd: Vec::new(),
            filesystems: [
                ("sysfs", false),
                ("rootfs", false),
                ("ramfs", false),
                ("tmpfs", false),
                ("proc", false),
                ("devpts", false),
                ("squashfs", true),
            ]
            .map(|(name, device)| (name.into(), device))
            .into(),
            modules: Vec::new(),
            devices: String::new(),
            interrupts: String::new(),
            iomem: String::new(),
            hardware: Hardware::default(),
        }
    }
}
