//! What all visits of a decoy share, and how a guest is given to a visit.
//!
//! Key type: [`Decoy`]. Neighbours: the fronts use it, [`crate::run`] makes it.
use crate::ambient::Ambient;
use crate::appliance::{Appliance, Boot, Purpose};
use crate::capture::Capture;
use crate::config::DecoyConfig;
use crate::credential::Credentials;
use crate::demo::DemoPeers;
use crate::engine::seat::{Keyboard, Seat, Setup, lock};
use crate::engine::{Engine, Place, wake::WakeLine};
use crate::fetch::Fetcher;
use crate::front::inside::Lodgings;
use crate::gate::Gate;
use crate::gateway::Gateway;
use crate::recording::Recorder;
use crate::session::Session;
use otori_event::Intake;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// Shared by every visit.
pub struct Decoy {
    /// the operator's settings
    pub config: DecoyConfig,
    /// time and chance
    pub ambient: Ambient,
    /// the product
    pub appliance: Arc<dyn Appliance>,
    /// who gets in
    pub credentials: Credentials,
    /// runs guests
    pub engine: Engine,
    /// the way to the real network
    pub fetcher: Arc<Fetcher>,
    /// how many at a time
    pub gate: Gate,
    /// announced peers of the demonstration
    pub demo: DemoPeers,
    /// where everything goes
    pub pipeline: mpsc::Sender<Intake>,
    /// devices whose own servers answer
    pub lodgings: Lodgings,
    /// true when the decoy stops
    pub shutdown: watch::Receiver<bool>,
    /// where fetches run
    pub runtime: tokio::runtime::Handle,
}

impl Decoy {
    /// Gives the visit a computer of its own; what it says comes through the place's mailbox.
    pub fn start_guest(
        &self,
        session: &Arc<Session>,
        purpose: Purpose,
        recorder: Option<(Recorder, u64)>,
    ) -> Arc<Place> {
        let place = self.engine.place(session.clone());
        let wake = WakeLine::default();
        let weak = Arc::downgrade(&place);
        wake.connect(move || {
            if let Some(place) = weak.upgrade() {
                place.ring();
            }
        });
        let gateway = Gateway::new(
            Arc::new(self.config.gateway.clone()),
            session.clone(),
            self.fetcher.clone(),
            self.runtime.clone(),
            wake,
        );
        let keyboard = match purpose {
            Purpose::Shell { .. } => Keyboard::Shell,
            Purpose::Command(_) | Purpose::Server => Keyboard::None,
        };
        let (appliance, session) = (self.appliance.clone(), session.clone());
        let (limits, capture) = (self.config.limits.clone(), self.config.capture.clone());
        place.start(Box::new(move || {
            let ambient = session.ambient();
            let guest = appliance.boot(Boot {
                seed: ambient.random.next_u64(),
                wall: ambient.clock.wall(),
                peer: session.identity().source.into(),
                local: session.identity().local.into(),
                outside: Box::new(gateway),
                purpose,
            })?;
            let capture_max_bytes = capture.max_bytes;
            Ok(Seat::new(Setup {
                guest,
                limits,
                recorder,
                capture: Capture::new(capture, appliance.persona().device_files.clone()),
                capture_max_bytes,
                keyboard,
                now_ns: ambient.clock.monotonic_ns(),
                session,
            }))
        }));
        place
    }
}

/// Tells a guest that its peer is gone.
pub fn hang_up(place: &Arc<Place>) {
    lock(&place.mailbox).hang_up = true;
    place.ring();
}

/// Comes when the decoy stops, or when nobody is left to say so.
pub async fn stopped(mut shutdown: watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}
