//! `[hardware]` of `product.toml`: what stands around the processor. Key type: [`HardwareTable`].
use otori_linux::proc::{GpioChip, Hardware, Input, Led};
use serde::Deserialize;

/// What is not named is not there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HardwareTable {
    /// driver of the real time clock
    pub clock: Option<String>,
    /// `[[hardware.gpio]]`
    #[serde(default)]
    pub gpio: Vec<GpioTable>,
    /// `[[hardware.led]]`
    #[serde(default)]
    pub led: Vec<LedTable>,
    /// `[[hardware.input]]`
    #[serde(default)]
    pub input: Vec<InputTable>,
}

/// A controller of GPIO lines.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GpioTable {
    /// its name
    pub label: String,
    /// number of its first line
    pub base: u32,
    /// how many it has
    pub lines: u32,
}

/// A lamp.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedTable {
    /// its name
    pub name: String,
    /// how bright it can be
    #[serde(default = "full")]
    pub max_brightness: u32,
    /// what it shows by itself
    #[serde(default = "nothing")]
    pub trigger: String,
}

/// A device with keys.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputTable {
    /// its name
    pub name: String,
    /// where it is
    pub place: String,
    /// its keys by their `KEY_*` numbers
    pub keys: Vec<u16>,
}

fn full() -> u32 {
    255
}
fn nothing() -> String {
    String::from("none")
}

impl HardwareTable {
    /// As the device engine wants it.
    pub fn build(&self) -> Hardware {
        let gpio = |row: &GpioTable| GpioChip { label: row.label.clone(), base: row.base, lines: row.lines };
        let led = |row: &LedTable| Led {
            name: row.name.clone(),
            max_brightness: row.max_brightness,
            trigger: row.trigger.clone(),
        };
        let input = |row: &InputTable| Input {
            name: row.name.clone(),
            place: row.place.clone(),
            keys: row.keys.clone(),
        };
        Hardware {
            clock: self.clock.clone(),
            gpio: self.gpio.iter().map(gpio).collect(),
            leds: self.led.iter().map(led).collect(),
            inputs: self.input.iter().map(input).collect(),
        }
    }
}
