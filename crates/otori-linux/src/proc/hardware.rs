//! What stands around the processor of a product: clock, lines, lamps, keys. Key type: [`Hardware`]. Built by
//! otori-device from product.toml; dev/system.rs shows it in sysfs.
use alloc::string::String;
use alloc::vec::Vec;

/// The parts; a product that names none has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hardware {
    /// driver of the real time clock
    pub clock: Option<String>,
    /// controllers of GPIO lines
    pub gpio: Vec<GpioChip>,
    /// lamps
    pub leds: Vec<Led>,
    /// what has keys
    pub inputs: Vec<Input>,
}

/// A controller of GPIO lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpioChip {
    /// its name
    pub label: String,
    /// number of its first line
    pub base: u32,
    /// how many it has
    pub lines: u32,
}

/// A lamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Led {
    /// its name, as `vendor:green:power`
    pub name: String,
    /// how bright it can be
    pub max_brightness: u32,
    /// what it shows by itself, one of `none`, `timer`, `default-on`, `netdev`
    pub trigger: String,
}

/// A device with keys, as `gpio-keys`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// its name
    pub name: String,
    /// where it is, as `gpio-keys/input0`
    pub place: String,
    /// its keys by their `KEY_*` numbers
    pub keys: Vec<u16>,
}
