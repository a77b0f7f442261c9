//! The tree of `/sys`: processors, flash, clock, lines, lamps, keys. Key function: [`populate`]. Neighbours:
//! `vfs/attribute_file.rs` does what is written to it, the machine itself shows its interfaces there. Specification:
//! Documentation/ABI of Linux.
use crate::proc::DeviceIdentity;
use crate::vfs::{Attributes, BaseBuilder, BaseError};
use alloc::{format, string::String, sync::Arc, vec::Vec};

/// What lamps can show by themselves.
const TRIGGERS: [&str; 4] = ["none", "timer", "default-on", "netdev"];
/// Folders that every kernel has.
const FOLDERS: [&str; 11] =
    ["block", "bus", "class", "class/net", "dev", "devices", "firmware", "fs", "kernel", "module", "power"];

/// Adds files and folders.
struct Tree<'a> {
    builder: &'a mut BaseBuilder,
}

impl Tree<'_> {
    fn file(&mut self, path: &str, text: &str, mode: u16) -> Result<(), BaseError> {
        let attributes: Attributes = self.builder.root_owned(mode);
        let bytes: Arc<[u8]> = Arc::from(Vec::from(text).into_boxed_slice());
        self.builder.file(path, bytes, attributes).map(drop)
    }
    /// An attribute with its line end.
    fn value(&mut self, folder: &str, name: &str, value: &str) -> Result<(), BaseError> {
        self.file(&format!("{folder}/{name}"), &format!("{value}\n"), 0o444)
    }
    /// One that can be written.
    fn setting(&mut self, folder: &str, name: &str, value: &str) -> Result<(), BaseError> {
        self.file(&format!("{folder}/{name}"), &format!("{value}\n"), 0o644)
    }
}

/// How many processors `/proc/cpuinfo` lists.
fn processors(identity: &DeviceIdentity) -> usize {
    let lines = identity.cpuinfo.lines();
    lines.filter(|line| line.starts_with("processor") && line.contains(':')).count().max(1)
}

/// Fills a tree for `/sys` with what programs of products look for.
pub fn populate(builder: &mut BaseBuilder, identity: &DeviceIdentity) -> Result<(), BaseError> {
    let mut tree = Tree { builder };
    add_processors(&mut tree, processors(identity))?;
    for (index, part) in identity.mtd.iter().enumerate() {
        let folder = format!("class/mtd/mtd{index}");
        tree.value(&folder, "name", &part.name)?;
        tree.value(&folder, "size", &format!("{}", part.size))?;
        tree.value(&folder, "erasesize", &format!("{}", part.erase_size))?;
        tree.value(&folder, "type", "nor")?;
    }
    tree.value("kernel", "uevent_seqnum", "318")?;
    add_hardware(&mut tree, identity)?;
    for folder in FOLDERS {
        let attributes = tree.builder.root_owned(0o755);
        tree.builder.directory(folder, attributes)?;
    }
    Ok(())
}

fn add_processors(tree: &mut Tree<'_>, count: usize) -> Result<(), BaseError> {
    const FOLDER: &str = "devices/system/cpu";
    let all = if count == 1 { String::from("0") } else { format!("0-{}", count - 1) };
    for name in ["online", "possible", "present"] {
        tree.value(FOLDER, name, &all)?;
    }
    tree.value(FOLDER, "offline", "")?;
    tree.value(FOLDER, "kernel_max", &format!("{}", count - 1))?;
    for index in 0..count {
        let folder = format!("{FOLDER}/cpu{index}");
        // the first one cannot be switched off
        if index > 0 {
            tree.setting(&folder, "online", "1")?;
        }
        let topology = format!("{folder}/topology");
        tree.value(&topology, "core_id", &format!("{index}"))?;
        tree.value(&topology, "core_siblings_list", &all)?;
        tree.value(&topology, "physical_package_id", "0")?;
        tree.value(&topology, "thread_siblings_list", &format!("{index}"))?;
    }
    Ok(())
}

fn add_hardware(tree: &mut Tree<'_>, identity: &DeviceIdentity) -> Result<(), BaseError> {
    let hardware = &identity.hardware;
    if let Some(driver) = &hardware.clock {
        const FOLDER: &str = "class/rtc/rtc0";
        tree.value(FOLDER, "name", driver)?;
        tree.value(FOLDER, "dev", "254:0")?;
        tree.value(FOLDER, "hctosys", "1")?;
        tree.value(FOLDER, "max_user_freq", "64")?;
    }
    if !hardware.gpio.is_empty() {
        tree.file("class/gpio/export", "", 0o200)?;
        tree.file("class/gpio/unexport", "", 0o200)?;
    }
    for chip in &hardware.gpio {
        let folder = format!("class/gpio/gpiochip{}", chip.base);
        tree.value(&folder, "base", &format!("{}", chip.base))?;
        tree.value(&folder, "label", &chip.label)?;
        tree.value(&folder, "ngpio", &format!("{}", chip.lines))?;
    }
    for lamp in &hardware.leds {
        let folder = format!("class/leds/{}", lamp.name);
        let chosen =
            |name: &&str| if *name == lamp.trigger { format!("[{name}]") } else { String::from(*name) };
        let triggers: Vec<String> = TRIGGERS.iter().map(chosen).collect();
        let lit = if lamp.trigger == "default-on" { lamp.max_brightness } else { 0 };
        tree.setting(&folder, "brightness", &format!("{lit}"))?;
        tree.value(&folder, "max_brightness", &format!("{}", lamp.max_brightness))?;
        tree.setting(&folder, "trigger", &triggers.join(" "))?;
    }
    for (index, input) in hardware.inputs.iter().enumerate() {
        let folder = format!("class/input/input{index}");
        tree.value(&folder, "name", &input.name)?;
        tree.value(&folder, "phys", &input.place)?;
        tree.value(&format!("class/input/event{index}"), "dev", &format!("13:{}", 64 + index))?;
    }
    Ok(())
}
