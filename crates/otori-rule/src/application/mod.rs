//! Which application a flow is of: its name, its category, and how sure that is.
//!
//! Key types: [`Naming`] (what is known of one flow), [`Application`], [`Evidence`]. Four things tell, the most special
//! one counts: the usual port of a service, the protocol that the wire has recognised, the first bytes ([`signature`]) and
//! the host that is asked for ([`hosts`]). To add an application: a row in the file of what tells it.

mod hosts;
mod protocols;
pub mod signature;

use signature::Look;

/// Payloads of one flow that are looked at.
const LOOKS_MAX: u8 = 6;

/// What an application is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// pages
    Web,
    /// devices in the home
    Iot,
    /// plants and buildings
    Industrial,
    /// what networks need themselves
    Network,
    /// talking and writing
    Chat,
    /// sound and pictures
    Media,
    /// games
    Game,
    /// files between peers
    PeerToPeer,
    /// files
    FileTransfer,
    /// data bases and queues
    Database,
    /// mail
    Mail,
    /// another network inside of this one
    Tunnel,
    /// work on another machine
    RemoteAccess,
    /// crypto-currencies
    Mining,
    /// computers to rent
    Cloud,
    /// advertisements and counting of visitors
    Tracking,
    /// new versions
    Update,
}

impl Category {
    /// All.
    pub const ALL: [Category; 17] = [
        Category::Web,
        Category::Iot,
        Category::Industrial,
        Category::Network,
        Category::Chat,
        Category::Media,
        Category::Game,
        Category::PeerToPeer,
        Category::FileTransfer,
        Category::Database,
        Category::Mail,
        Category::Tunnel,
        Category::RemoteAccess,
        Category::Mining,
        Category::Cloud,
        Category::Tracking,
        Category::Update,
    ];
    /// That of a name.
    pub fn by_name(name: &str) -> Option<Category> {
        Category::ALL.into_iter().find(|category| category.name() == name)
    }
    /// Its name in the log and in policies.
    pub const fn name(self) -> &'static str {
        match self {
            Category::Web => "web",
            Category::Iot => "iot",
            Category::Industrial => "industrial",
            Category::Network => "network",
            Category::Chat => "chat",
            Category::Media => "media",
            Category::Game => "game",
            Category::PeerToPeer => "peer-to-peer",
            Category::FileTransfer => "file-transfer",
            Category::Database => "database",
            Category::Mail => "mail",
            Category::Tunnel => "tunnel",
            Category::RemoteAccess => "remote-access",
            Category::Mining => "mining",
            Category::Cloud => "cloud",
            Category::Tracking => "tracking",
            Category::Update => "update",
        }
    }
}

/// One application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Application {
    /// name, lower case
    pub name: &'static str,
    /// what it is for
    pub category: Category,
}

/// Whether some row names that application.
pub fn is_known(name: &str) -> bool {
    hosts::names().chain(protocols::names()).chain(signature::names()).any(|known| known == name)
}

/// What told, from the least special to the most special.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// the port alone
    Port,
    /// the protocol was recognised and parsed
    Protocol,
    /// the first bytes
    Signature,
    /// the host that was asked for
    Host,
}

impl Evidence {
    /// Its name in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Evidence::Port => "port",
            Evidence::Protocol => "protocol",
            Evidence::Signature => "signature",
            Evidence::Host => "host",
        }
    }
    /// Of a hundred, how often it is right: ports are anybody's, hosts are what the client says.
    pub const fn confidence(self) -> u8 {
        match self {
            Evidence::Port => 30,
            Evidence::Protocol => 95,
            Evidence::Signature => 85,
            Evidence::Host => 90,
        }
    }
}

/// What is known of one flow.
#[derive(Clone, Copy, Debug, Default)]
pub struct Naming {
    best: Option<(Evidence, Application)>,
    looks: u8,
}

impl Naming {
    /// The wire has recognised a protocol of that name; its own usual ports, and a payload. Where the port is another's and
    /// the payload looks like that one's, it is believed.
    pub fn protocol(&mut self, name: &str, ports: &[u16], look: &Look<'_>) {
        let usual = look.ports.iter().any(|port| ports.contains(port));
        if !usual && let Some(application) = signature::on_its_port(look) {
            self.tell(Evidence::Signature, application);
        } else if let Some(application) = protocols::application(name) {
            self.tell(Evidence::Protocol, application);
        }
    }

    /// Whether a further payload is worth a look.
    pub fn wants_bytes(&self) -> bool {
        self.looks < LOOKS_MAX && self.best.is_none_or(|(evidence, _)| evidence < Evidence::Protocol)
    }

    /// One of the first payloads of a flow that the wire has not recognised.
    pub fn bytes(&mut self, look: &Look<'_>) {
        self.looks += 1;
        match signature::application(look) {
            Some((Evidence::Port, application)) => self.tell(Evidence::Port, application),
            Some((_, application)) => self.tell(Evidence::Signature, application),
            None => {}
        }
    }

    /// A host that the client asks for, in any case.
    pub fn host(&mut self, name: &[u8]) {
        if let Some(application) = hosts::application(name) {
            self.tell(Evidence::Host, application);
        }
    }

    /// The most special that is known.
    pub const fn application(&self) -> Option<(Evidence, Application)> {
        self.best
    }

    fn tell(&mut self, evidence: Evidence, application: Application) {
        if self.best.is_none_or(|(best, _)| evidence > best) {
            self.best = Some((evidence, application));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_special_evidence_counts() {
        let mut naming = Naming::default();
        assert!(naming.application().is_none() && naming.wants_bytes());
        let look = Look { transport: 6, ports: [40_000, 443], bytes: &[22, 3, 1] };
        naming.protocol("tls", &[443], &look);
        assert_eq!(naming.application().unwrap().1.name, "tls");
        naming.host(b"Video.Ring.com");
        assert_eq!(naming.application().unwrap().1, Application { name: "ring", category: Category::Iot });
        naming.protocol("http", &[80], &look);
        assert_eq!(naming.application().unwrap().0, Evidence::Host);
    }

    #[test]
    fn a_protocol_on_the_port_of_another_that_looks_like_it_is_the_other() {
        let bytes = [2, 9, 0, 0, 10, 0, 0, 0, 0, 0];
        for (port, expect) in [(427, "slp"), (428, "dns")] {
            let mut naming = Naming::default();
            naming.protocol("dns", &[53], &Look { transport: 17, ports: [40_000, port], bytes: &bytes });
            assert_eq!(naming.application().unwrap().1.name, expect);
        }
    }

    #[test]
    fn names_are_known() {
        for name in ["youtube", "tr-069", "rdp"] {
            assert!(is_known(name), "{name}");
        }
        assert!(!is_known("yuotube"));
        for category in Category::ALL {
            assert_eq!(Category::by_name(category.name()), Some(category));
        }
    }

    #[test]
    fn looking_ends() {
        let mut naming = Naming::default();
        let look = Look { transport: 17, ports: [40_000, 40_001], bytes: &[0xee; 32] };
        for _ in 0..LOOKS_MAX {
            assert!(naming.wants_bytes());
            naming.bytes(&look);
        }
        assert!(!naming.wants_bytes() && naming.application().is_none());
    }
}
