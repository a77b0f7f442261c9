//! Tells devices apart for the verbs that look at packets. Key type: [`DeviceOptions`].
use super::{Failure, watch};
use anyhow::Context;
use otori_rule::address::AddressSet;
use otori_tap::{
    Engine,
    device::{Devices, map::Map},
};
use std::path::{Path, PathBuf};

/// The options about devices.
#[derive(clap::Args)]
pub struct DeviceOptions {
    /// Which device has which Ethernet address, address, VLAN, GTP-U TEID or GRE peer, with its name, SIM, IMSI and groups:
    /// TOML, or CSV when the name ends so. With it, devices are told apart and watched, and alerts and flows say whose they
    /// are; a running guard takes changes of the file
    #[arg(long, value_name = "FILE")]
    devices: Option<PathBuf>,
    /// Tells devices apart without a file: the addresses of the home networks
    #[arg(long)]
    watch: bool,
}

impl DeviceOptions {
    /// Tells the engine the devices of `home`, if they are asked for.
    pub fn load(&self, engine: &mut Engine, home: &AddressSet) -> anyhow::Result<Option<Devices>> {
        let map = match &self.devices {
            Some(path) => read(path)?,
            None if self.watch => Map::default(),
            None => return Ok(None),
        };
        let devices = Devices::new(home.clone(), map);
        engine.set_devices(devices.clone());
        Ok(Some(devices))
    }
    /// Takes changes of the file from now on; what cannot be read is told, and the old one stays.
    pub fn follow(&self, devices: Devices) {
        let Some(path) = self.devices.clone() else { return };
        watch::changes(path, move |path| match read(path) {
            Ok(map) => {
                eprintln!("otori: {}: {} devices from now on", path.display(), map.len());
                devices.replace(map);
            }
            Err(error) => eprintln!("otori: the devices stay as they were: {error:#}"),
        });
    }
}

fn read(path: &Path) -> anyhow::Result<Map> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Map::read(&path.display().to_string(), &text)
        .map_err(|error| Failure::Configuration(error.to_string()))?)
}
