//! What an operator may set about the decoy: the `[decoy]` table of the configuration file.
//!
//! Key type: [`DecoyConfig`]. Every field has a default; an unknown key is an error.
use crate::credential::CredentialPolicy;
use otori_event::network::Network;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};

/// `[decoy]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DecoyConfig {
    /// the telnet front
    pub telnet: TelnetConfig,
    /// the HTTP front
    pub http: HttpConfig,
    /// the way into servers that run inside the device
    pub inside: InsideConfig,
    /// what one session and all of them may use
    pub limits: Limits,
    /// who gets in; stands in for the product's own policy when it is given
    pub credentials: Option<CredentialPolicy>,
    /// recordings of terminals
    pub recording: RecordingConfig,
    /// which files are kept
    pub capture: CaptureConfig,
    /// what a guest finds outside
    pub gateway: GatewayConfig,
    /// the only way to the real network; off by default
    pub fetch: FetchConfig,
}

/// `[decoy.telnet]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelnetConfig {
    /// answer telnet at all
    pub enabled: bool,
    /// addresses and ports to listen on
    pub listen: Vec<SocketAddr>,
    /// seconds until an unfinished log-in is cut, as busybox login does
    pub login_seconds: u64,
    /// milliseconds between a wrong password and `Login incorrect`, as busybox login waits
    pub failure_delay_ms: u64,
}

impl Default for TelnetConfig {
    fn default() -> Self {
        let listen = vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 2323))];
        TelnetConfig { enabled: true, listen, login_seconds: 60, failure_delay_ms: 3000 }
    }
}

/// `[decoy.http]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// answer HTTP at all
    pub enabled: bool,
    /// addresses and ports to listen on
    pub listen: Vec<SocketAddr>,
    /// bytes of request line and fields together
    pub head_bytes: usize,
    /// bytes of one request body
    pub body_bytes: usize,
    /// requests on one connection
    pub requests: u32,
    /// seconds that a connection may be silent
    pub idle_seconds: u64,
    /// seconds that a command started through a page may run
    pub exec_seconds: u64,
    /// bytes of a command's output that a page shows
    pub exec_output_bytes: usize,
}

impl Default for HttpConfig {
    fn default() -> Self {
        HttpConfig {
            enabled: true,
            listen: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))],
            head_bytes: 16 << 10,
            body_bytes: 8 << 20,
            requests: 200,
            idle_seconds: 30,
            exec_seconds: 20,
            exec_output_bytes: 256 << 10,
        }
    }
}

/// `[decoy.inside]`: connections that a server inside the device answers, as a firmware's own web server. The HTTP
/// front goes there by itself for a product that runs its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InsideConfig {
    /// further addresses and ports to listen on
    pub listen: Vec<SocketAddr>,
    /// the port inside the device that they lead to
    pub port: u16,
    /// seconds without a connection until a source's device is closed, and without a byte until a connection is
    pub idle_seconds: u64,
    /// connections of one source at a time
    pub connections: usize,
}

impl Default for InsideConfig {
    fn default() -> Self {
        InsideConfig { listen: Vec::new(), port: 80, idle_seconds: 120, connections: 64 }
    }
}

/// `[decoy.limits]`: a session that meets one ends alone, with the limit as its reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// sessions at a time
    pub sessions: usize,
    /// sessions at a time from one address
    pub sessions_per_source: usize,
    /// seconds without a byte from the peer until a shell is closed
    pub idle_seconds: u64,
    /// seconds until a shell is closed whatever it does
    pub session_seconds: u64,
    /// guest instructions that a session may use in one second; the rest waits for the next
    pub instructions_per_second: u64,
    /// guest instructions that a session may use in all
    pub instructions: u64,
    /// bytes from the peer in one session
    pub input_bytes: u64,
    /// bytes to the peer in one session
    pub output_bytes: u64,
    /// events of one session; those beyond are counted, not kept
    pub events: u32,
    /// threads that run guests; 0 takes one for each core
    pub threads: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            sessions: 4096,
            sessions_per_source: 256,
            idle_seconds: 300,
            session_seconds: 3600,
            instructions_per_second: 150_000_000,
            instructions: 60_000_000_000,
            input_bytes: 64 << 20,
            output_bytes: 64 << 20,
            events: 20_000,
            threads: 0,
        }
    }
}

/// `[decoy.recording]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordingConfig {
    /// bytes of one recording; it stops there and says so
    pub max_bytes: u64,
}

impl Default for RecordingConfig {
    fn default() -> Self {
        RecordingConfig { max_bytes: 8 << 20 }
    }
}

/// `[decoy.capture]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CaptureConfig {
    /// a written file that was neither run nor looks like a program is kept from this size on
    pub min_bytes: u64,
    /// larger files are not kept, an anomaly says so
    pub max_bytes: u64,
    /// files of one session
    pub files: usize,
    /// milliseconds without a write until a file counts as finished
    pub quiet_ms: u64,
}

impl Default for CaptureConfig {
    fn default() -> Self {
        CaptureConfig { min_bytes: 256, max_bytes: 32 << 20, files: 64, quiet_ms: 2000 }
    }
}

/// What a guest's connection meets that is not a download.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Egress {
    /// nothing answers: the guest's connect times out
    Silent,
    /// a reset comes back at once
    Refused,
}

/// `[decoy.gateway]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayConfig {
    /// what a connection to a filtered port meets
    pub egress: Egress,
    /// ports that are never taken to be web servers, so that a guest cannot believe to have met
    /// another device
    pub filtered_ports: Vec<u16>,
    /// milliseconds until a request that may not go out is answered by a reset
    pub refuse_after_ms: u64,
    /// range that names resolve to while fetching is off
    pub names: Network,
    /// connections of one session at a time
    pub connections: usize,
    /// different remote ends that a session's events name
    pub outbound_events: usize,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        GatewayConfig {
            egress: Egress::Silent,
            filtered_ports: vec![
                22, 23, 25, 53, 139, 445, 465, 587, 2222, 2323, 3389, 5555, 23231, 37215, 52869,
            ],
            refuse_after_ms: 3000,
            names: "198.18.0.0/15".parse().expect("a constant network"),
            connections: 64,
            outbound_events: 64,
        }
    }
}

/// `[decoy.fetch]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FetchConfig {
    /// fetch what attackers want to download
    pub enabled: bool,
    /// networks that are reached although they are not public
    pub allow: Vec<Network>,
    /// bytes of one file
    pub max_bytes: u64,
    /// seconds for one file
    pub seconds: u64,
    /// redirects that are followed, each checked anew
    pub redirects: u32,
    /// files for one source in one hour
    pub per_source_hour: u32,
    /// files for all sources in one hour
    pub total_hour: u32,
    /// files at a time
    pub concurrent: usize,
    /// seconds in which the same URL is not asked for again but answered from memory
    pub remember_seconds: u64,
}

impl Default for FetchConfig {
    fn default() -> Self {
        FetchConfig {
            enabled: false,
            allow: Vec::new(),
            max_bytes: 16 << 20,
            seconds: 60,
            redirects: 3,
            per_source_hour: 30,
            total_hour: 600,
            concurrent: 8,
            remember_seconds: 600,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_loopback_and_fetch_nothing() {
        let config: DecoyConfig = toml::from_str("").unwrap();
        assert_eq!(config, DecoyConfig::default());
        assert!(!config.fetch.enabled);
        assert!(config.telnet.listen.iter().chain(&config.http.listen).all(|a| a.ip().is_loopback()));
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        assert!(toml::from_str::<DecoyConfig>("[telnet]\nport = 23\n").is_err());
        let text = "[telnet]\nlisten = [\"0.0.0.0:23\"]\n[fetch]\nallow = [\"192.0.2.0/24\"]\n";
        let config: DecoyConfig = toml::from_str(text).unwrap();
        assert_eq!(config.fetch.allow.len(), 1);
        let again: DecoyConfig = toml::from_str(&toml::to_string(&config).unwrap()).unwrap();
        assert_eq!(again, config);
    }
}
