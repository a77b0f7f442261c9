//! Plays the camera on loopback and prints its events, for a developer with telnet and curl at hand:
//! `cargo run -p otori-decoy --example play [TELNET_PORT HTTP_PORT]`.
use otori_decoy::ambient::Ambient;
use otori_decoy::{DecoyConfig, DemoPeers, World};
use otori_device::{Device, Profile, userland};
use otori_event::Intake;
use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cache = std::env::temp_dir().join("otori-play");
    // OTORI_PRODUCT is the folder of an imported product; without it the camera is played.
    let profile = match std::env::var_os("OTORI_PRODUCT") {
        Some(folder) => Profile::load(folder.as_ref())?,
        None => Profile::embedded("camera-mipsel")?,
    };
    let ready = userland::obtain(&cache, &profile.table.userland, &mut |line| eprintln!("{line}"))?;
    let device = Arc::new(Device::prepare(profile, &ready.root)?);
    let (pipeline, mut intake) = tokio::sync::mpsc::channel(1024);
    let world = World { pipeline, demo: DemoPeers::default(), ambient: Ambient::system() };
    tokio::spawn(async move {
        while let Some(intake) = intake.recv().await {
            match intake {
                Intake::Event(event) => eprintln!("{}", serde_json::to_string(&event).unwrap_or_default()),
                Intake::File { event, bytes } => {
                    eprintln!(
                        "{} + {} bytes",
                        serde_json::to_string(&event).unwrap_or_default(),
                        bytes.len()
                    );
                }
                Intake::Recording { .. } => {}
            }
        }
    });
    let started = |fronts| eprintln!("listening: {fronts:?}");
    let shutdown = async { drop(tokio::signal::ctrl_c().await) };
    let mut config = DecoyConfig::default();
    let mut ports = std::env::args().skip(1).map(|text| text.parse::<u16>());
    for listen in [&mut config.telnet.listen, &mut config.http.listen] {
        if let Some(port) = ports.next() {
            *listen = vec![([127, 0, 0, 1], port?).into()];
        }
    }
    otori_decoy::run(config, device, world, started, shutdown).await?;
    Ok(())
}
