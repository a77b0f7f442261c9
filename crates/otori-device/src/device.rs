//! A product that is ready to start machines; key types [`Device`], [`SessionSetup`]. Neighbours: profile/ is its
//! data, tree.rs its files, userland/ its programs.
//!
//! [`Device::prepare`] boots once: file systems are laid out, the product's own start-up script runs, and what it
//! left is kept. [`Device::session`] goes on from there and shares everything until it changes.
use crate::boot::boot;
use crate::entry::Body;
use crate::import::ImportError;
use crate::profile::{self, Profile, ProfileError};
use crate::tree;
use otori_event::Sha256;
use otori_linux::errno::Errno;
use otori_linux::net::{Interface, Ipv6, Network, Outside, Route};
use otori_linux::tty::TtyId;
use otori_linux::vfs::{BaseError, Vfs};
use otori_linux::{Machine, Snapshot, Spawn, SpawnError, Stdio};
use sha2::Digest as _;
use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use thiserror::Error;

/// Bytes per second that the product's interface has carried since it was switched on: received, sent.
const TRAFFIC: (u64, u64) = (183, 2_911);

/// Why a product does not start.
#[derive(Debug, Error)]
pub enum DeviceError {
    /// its profile is wrong
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// its files cannot be read
    #[error(transparent)]
    Import(#[from] ImportError),
    /// its main program is not where the profile says
    #[error("cannot read the program {path}: {source}; check `program` in [userland]")]
    Program {
        /// where
        path: PathBuf,
        /// why
        source: io::Error,
    },
    /// its files contradict each other
    #[error("the files of the product do not fit together: {0}")]
    Tree(#[from] BaseError),
    /// a mount point is missing or no directory
    #[error("cannot mount {at}: {error}; mounts are listed parents first")]
    Mount {
        /// where
        at: String,
        /// why
        error: Errno,
    },
    /// the start-up script cannot be run
    #[error("cannot start the shell of the product: {0}; check [shell] and [boot]")]
    Shell(#[from] SpawnError),
    /// a service did not come up
    #[error("the service {program} {problem}: {output}\n  remedy: {remedy}")]
    Service {
        /// which
        program: String,
        /// how far it came
        problem: String,
        /// what it said
        output: String,
        /// what to look at
        remedy: &'static str,
    },
    /// a played service has no place
    #[error("cannot make the socket {path}: {error}; its folder must be a writable mount")]
    Responder {
        /// where
        path: String,
        /// why
        error: Errno,
    },
    /// the start-up script failed or did not end
    #[error("the start-up script {script} {problem}: {output}")]
    Boot {
        /// which
        script: String,
        /// how it ended
        problem: String,
        /// what it said
        output: String,
    },
}

/// What one session brings.
pub struct SessionSetup {
    /// seed of everything random in the machine
    pub seed: u64,
    /// its wall clock at the start, nanoseconds since 1970
    pub wall_ns: i64,
    /// who talks to the product
    pub peer: Option<SocketAddr>,
    /// the product's address as the peer sees it
    pub local: Option<SocketAddr>,
    /// the way out
    pub outside: Box<dyn Outside>,
}

/// A product with its files and programs, booted.
pub struct Device {
    profile: Profile,
    vfs: Vfs,
    snapshot: Mutex<Snapshot>,
    program_hashes: BTreeSet<Sha256>,
}

impl Device {
    /// Lays the product's files and programs into file systems and boots; `userland` is the root that
    /// [`crate::userland::obtain`] gave, not looked at for a product with a root of its own.
    pub fn prepare(profile: Profile, userland: &Path) -> Result<Device, DeviceError> {
        let entries = tree::root_entries(&profile, userland)?;
        let program_hashes = entries
            .iter()
            .filter_map(|entry| match &entry.body {
                Body::File(bytes) => Some(Sha256(sha2::Sha256::digest(bytes).into())),
                _ => None,
            })
            .collect();
        let vfs = tree::mounted(&profile, &entries)?;
        let snapshot = boot(&profile, &entries, vfs.clone())?;
        Ok(Device { profile, vfs, snapshot: Mutex::new(snapshot), program_hashes })
    }

    /// What the product is.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Its files before anything ran.
    pub fn files(&self) -> &Vfs {
        &self.vfs
    }

    /// Hashes of its own files: copies of them are no captures.
    pub fn program_hashes(&self) -> &BTreeSet<Sha256> {
        &self.program_hashes
    }

    /// A machine for one session, with no process of the session's own yet.
    pub fn session(&self, setup: SessionSetup) -> Machine {
        let snapshot = self.snapshot.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut machine = snapshot.start(setup.outside, setup.seed, setup.wall_ns);
        drop(snapshot);
        let sockets = machine.sockets();
        sockets.network = network(&self.profile, setup.local);
        sockets.set_first_port(setup.seed);
        let address = own_address(&self.profile, setup.local);
        let any = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let telnet = self.profile.table.telnet.as_ref().map(|telnet| telnet.port);
        let http = self.profile.table.http.as_ref().map(|http| http.port);
        // sockets of the daemons that the decoy plays; without them /proc/net/tcp would be empty
        let played = |port: &&u16| sockets.listening_at(**port).is_none();
        let played: Vec<u16> = telnet.iter().chain(&http).filter(played).copied().collect();
        for port in &played {
            let _ = sockets.host_listen(SocketAddr::new(any, *port));
        }
        let telnet = telnet.filter(|port| played.contains(port));
        if let (Some(peer @ SocketAddr::V4(_)), Some(port)) = (setup.peer, telnet) {
            let _ = sockets.host_show(SocketAddr::new(IpAddr::V4(address), port), peer);
        }
        machine
    }

    /// What a log-in starts on a terminal.
    pub fn log_in(&self, terminal: TtyId) -> Spawn {
        let shell = &self.profile.table.shell;
        self.spawn(vec![shell.argument0.clone().into_bytes()], shell.home.clone(), Stdio::Tty(terminal))
    }

    /// One command line, as the product's daemons run it: `sh -c`, output to the host.
    pub fn command(&self, line: &[u8]) -> Spawn {
        let arguments = vec![b"sh".to_vec(), b"-c".to_vec(), line.to_vec()];
        self.spawn(arguments, "/".into(), Stdio::Host)
    }

    fn spawn(&self, arguments: Vec<Vec<u8>>, cwd: String, stdio: Stdio) -> Spawn {
        spawn(&self.profile, arguments, cwd, stdio)
    }
}

pub(crate) fn spawn(profile: &Profile, arguments: Vec<Vec<u8>>, cwd: String, stdio: Stdio) -> Spawn {
    let shell = &profile.table.shell;
    Spawn {
        path: shell.path.clone().into_bytes(),
        arguments,
        environment: shell.environment.iter().map(|row| row.clone().into_bytes()).collect(),
        cwd: cwd.into_bytes(),
        uid: 0,
        gid: 0,
        stdio,
    }
}

/// The address of the product: the one that the peer used, unless that is a loopback address of the host. A product
/// whose own servers run has bound them already: it keeps its address, as one behind a forwarded port.
fn own_address(profile: &Profile, local: Option<SocketAddr>) -> Ipv4Addr {
    match local.map(|local| local.ip()) {
        Some(IpAddr::V4(address))
            if profile.table.service.is_empty() && !address.is_loopback() && !address.is_unspecified() =>
        {
            address
        }
        _ => profile.table.network.address,
    }
}

pub(crate) fn network(profile: &Profile, local: Option<SocketAddr>) -> Network {
    let table = &profile.table.network;
    let address = own_address(profile, local);
    let mut interface = Interface::ethernet(&table.interface, profile.mac, address, table.prefix);
    let up = profile.table.kernel.uptime_seconds;
    interface.received = (up * TRAFFIC.0, up * TRAFFIC.0 / 96);
    interface.sent = (up * TRAFFIC.1, up * TRAFFIC.1 / 820);
    let subnet = address.to_bits() & interface.netmask.to_bits();
    let gateway = table.gateway.map(|gateway| {
        let same = gateway.to_bits() & interface.netmask.to_bits() == subnet;
        let shown = if same { gateway } else { Ipv4Addr::from_bits(subnet | 1) };
        (shown, profile.gateway_mac)
    });
    let mut network = Network::with_ethernet(interface, gateway);
    network.set_ipv6(if table.ipv6 { Ipv6::Present } else { Ipv6::Absent });
    for row in &profile.table.interface {
        let mac = row.mac.as_deref().and_then(profile::mac_bytes).unwrap_or(profile.mac);
        let address = row.address.unwrap_or(Ipv4Addr::UNSPECIFIED);
        let interface = Interface::ethernet(&row.name, mac, address, row.prefix);
        if row.address.is_some() {
            network.routes.push(Route {
                destination: Ipv4Addr::from_bits(address.to_bits() & interface.netmask.to_bits()),
                netmask: interface.netmask,
                gateway: Ipv4Addr::UNSPECIFIED,
                interface: row.name.clone(),
                metric: 0,
            });
        }
        network.add_interface(interface);
    }
    network
}
