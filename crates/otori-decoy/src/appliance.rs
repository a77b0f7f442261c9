//! The product that a decoy plays: what it says about itself, and computers of its kind.
//!
//! Key trait: [`Appliance`]; `product.rs` makes one of an `otori_device::Device`, tests script one.
use crate::credential::CredentialPolicy;
use crate::engine::guest::Guest;
use crate::front::http::site::Site;
use crate::front::telnet::login::LoginTexts;
use otori_device::linux::net::outside::Outside;
use otori_event::{ProductId, Sha256, Timestamp};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

/// What a product shows before anyone is in.
pub struct Persona {
    /// its name
    pub product: Option<ProductId>,
    /// the telnet dialogue
    pub texts: LoginTexts,
    /// shown after log-in, before the shell (`/etc/motd`), with CR LF
    pub motd: Vec<u8>,
    /// who gets in, unless the operator says otherwise
    pub credentials: CredentialPolicy,
    /// its web pages
    pub site: Site,
    /// the port of the web server that runs inside the device, for a product that has one
    pub own_web_port: Option<u16>,
    /// hashes of its own programs: copies of them are not captures
    pub device_files: Arc<BTreeSet<Sha256>>,
}

/// What a computer is started for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// a log-in shell on a terminal
    Shell {
        /// who logged in
        user: Vec<u8>,
        /// columns and rows of the terminal
        window: (u16, u16),
    },
    /// the servers that run in the device by themselves
    Server,
    /// one command line run by the device's `sh -c`, as its web server does
    Command(Vec<u8>),
}

/// How a computer is started.
pub struct Boot {
    /// of everything random in it
    pub seed: u64,
    /// time on its clock
    pub wall: Timestamp,
    /// who talks to it
    pub peer: SocketAddr,
    /// its address, as the peer sees it
    pub local: SocketAddr,
    /// its way out
    pub outside: Box<dyn Outside>,
    /// what for
    pub purpose: Purpose,
}

/// A product that can be played.
pub trait Appliance: Send + Sync {
    /// What it shows.
    fn persona(&self) -> &Persona;
    /// Starts a computer of its kind; the text says why that failed.
    fn boot(&self, boot: Boot) -> Result<Box<dyn Guest>, String>;
}
