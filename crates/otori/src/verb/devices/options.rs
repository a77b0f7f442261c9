//! Tells devices apart for the verbs that look at packets. Key type: [`DeviceOptions`].
use super::socket;
use crate::verb::{Failure, watch};
use anyhow::Context;
use otori_rule::address::AddressSet;
use otori_tap::{
    Engine,
    device::{
        DEVICES, Devices,
        map::{Map, feed::Feed},
    },
};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

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
    /// Devices that are known at a time; who was silent longest is forgotten
    #[arg(long, value_name = "N", default_value_t = DEVICES)]
    device_limit: usize,
}

impl DeviceOptions {
    /// Tells the engine the devices of `home`, if they are asked for.
    pub fn load(&self, engine: &mut Engine, home: &AddressSet) -> anyhow::Result<Option<Devices>> {
        if self.devices.is_none() && !self.watch {
            return Ok(None);
        }
        self.load_always(engine, home).map(Some)
    }
    /// The same, whether they are asked for or not.
    pub fn load_always(&self, engine: &mut Engine, home: &AddressSet) -> anyhow::Result<Devices> {
        let map = self.devices.as_deref().map_or_else(|| Ok(Map::default()), read)?;
        let devices = Devices::with_limit(home.clone(), map, self.device_limit);
        engine.set_devices(devices.clone());
        Ok(devices)
    }
    /// Takes changes of the file, and those that come by the socket, from now on; what cannot be read is told, and the old
    /// file stays.
    pub fn follow(&self, devices: &Devices, socket: Option<&Path>) -> anyhow::Result<()> {
        let map = self.devices.as_deref().map_or_else(|| Ok(Map::default()), read)?;
        let feed = Arc::new(Mutex::new(Feed::new(map)));
        if let Some(path) = socket {
            socket::serve(path, feed.clone(), devices.clone())?;
        }
        let Some(path) = self.devices.clone() else { return Ok(()) };
        let devices = devices.clone();
        watch::changes(path, move |path| match read(path) {
            Ok(map) => {
                eprintln!("otori: {}: {} devices from now on", path.display(), map.len());
                let mut feed = feed.lock().unwrap_or_else(PoisonError::into_inner);
                feed.set_base(map);
                devices.replace(feed.map());
            }
            Err(error) => eprintln!("otori: the devices stay as they were: {error:#}"),
        });
        Ok(())
    }
}

fn read(path: &Path) -> anyhow::Result<Map> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    // Profiles are named as seen from the mapping file.
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut get = |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|error| error.to_string());
    let map = Map::read_with(&path.display().to_string(), &text, &mut get);
    Ok(map.map_err(|error| Failure::Configuration(error.to_string()))?)
}
