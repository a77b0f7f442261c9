//! Where traffic comes from and goes to.
use core::fmt;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// Transport protocol of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// RFC 9293
    Tcp,
    /// RFC 768
    Udp,
    /// RFC 792, RFC 4443
    Icmp,
    /// any other IP protocol
    Other,
}

/// An address and a port; port 0 where the transport has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Endpoint {
    /// IPv4 or IPv6 address
    pub ip: IpAddr,
    /// TCP or UDP port
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        core::net::SocketAddr::new(self.ip, self.port).fmt(f)
    }
}
impl From<core::net::SocketAddr> for Endpoint {
    fn from(address: core::net::SocketAddr) -> Self {
        Endpoint { ip: address.ip(), port: address.port() }
    }
}
impl From<Endpoint> for core::net::SocketAddr {
    fn from(endpoint: Endpoint) -> Self {
        core::net::SocketAddr::new(endpoint.ip, endpoint.port)
    }
}
