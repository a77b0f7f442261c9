//! The guarded fetcher: the only way from a guest to the real network. Off by default.
//!
//! Key type: [`Fetcher`]. It asks for one file with GET or a TFTP read request and sends nothing else of the
//! attacker's than path, host name and user agent. The address is judged after the name is resolved and the
//! connection is made to that very address, so a name that changes its mind (DNS rebinding) gains nothing.
mod allowance;
mod http;
mod tftp;

use crate::{address::why_forbidden, ambient::Clock, config::FetchConfig};
use allowance::Allowance;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Bytes of a URL.
pub const URL_BYTES_MAX: usize = 2048;

/// Protocols that are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// RFC 9112
    Http,
    /// RFC 1350
    Tftp,
}

/// What to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// how
    pub scheme: Scheme,
    /// name or address as the guest gave it, without brackets
    pub host: String,
    /// TCP or UDP port
    pub port: u16,
    /// path with query, or file name
    pub path: String,
    /// the address that the guest connected to; `None` when it stands for a name
    pub address: Option<IpAddr>,
    /// User-Agent of the guest's own request
    pub user_agent: Vec<u8>,
}

/// A file that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// HTTP status; 200 for TFTP
    pub status: u16,
    /// Content-Type, if it is plain text
    pub content_type: Option<String>,
    /// the body, exactly
    pub bytes: Arc<[u8]>,
    /// where it came from in the end
    pub url: String,
}

/// Why no file came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// fetching is off in the configuration
    #[error("fetching is off")]
    Off,
    /// the address is not public
    #[error("{address} is not public ({})", why.as_str())]
    Forbidden {
        /// judged address
        address: IpAddr,
        /// name of its range
        why: otori_event::special::Special,
    },
    /// this source has had its share
    #[error("limit: files of this source in an hour")]
    SourceAllowance,
    /// all sources together have had theirs
    #[error("limit: files of all sources in an hour")]
    TotalAllowance,
    /// too many at a time
    #[error("limit: files at a time")]
    Busy,
    /// nothing that can be asked for
    #[error("not an http or tftp URL")]
    Url,
    /// the name has no address
    #[error("{0} does not resolve")]
    Resolve(String),
    /// larger than the limit
    #[error("limit: more than {0} bytes")]
    TooLarge(u64),
    /// took longer than the limit
    #[error("limit: more than {0} seconds")]
    Slow(u64),
    /// redirected too often
    #[error("limit: more than {0} redirects")]
    Redirects(u32),
    /// the server or the network did not play along
    #[error("{0}")]
    Transfer(String),
}

impl FetchError {
    /// The guard said no; otherwise it was tried and did not work.
    pub fn is_refusal(&self) -> bool {
        !matches!(self, FetchError::Resolve(_) | FetchError::Slow(_) | FetchError::Transfer(_))
    }
}

impl Request {
    /// As events show it.
    pub fn url(&self) -> String {
        let (scheme, own_port) = match self.scheme {
            Scheme::Http => ("http", 80),
            Scheme::Tftp => ("tftp", 69),
        };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let slash = if self.path.starts_with('/') { "" } else { "/" };
        match self.port {
            port if port == own_port => format!("{scheme}://{host}{slash}{}", self.path),
            port => format!("{scheme}://{host}:{port}{slash}{}", self.path),
        }
    }
    /// Reads `http://host[:port]/path`, absolute, for redirects.
    fn from_http_url(url: &str, user_agent: &[u8]) -> Option<Self> {
        let rest = url.get(..7).filter(|s| s.eq_ignore_ascii_case("http://")).and(url.get(7..))?;
        let (authority, path) = rest.find(['/', '?']).map_or((rest, "/"), |at| rest.split_at(at));
        let authority = authority.rsplit('@').next()?;
        let (host, port) = split_host_port(authority, 80)?;
        let path = if path.starts_with('/') { path.to_string() } else { format!("/{path}") };
        let request = Request {
            scheme: Scheme::Http,
            host,
            port,
            path,
            address: None,
            user_agent: user_agent.to_vec(),
        };
        (url.len() <= URL_BYTES_MAX).then_some(request)
    }
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`; only characters that names and addresses have.
pub fn split_host_port(authority: &str, default_port: u16) -> Option<(String, u16)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(host, tail)| (host, tail.strip_prefix(':')))?,
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if host.is_empty() || host.len() > 253 || !host.chars().all(fits) {
        return None;
    }
    let port = port.map_or(Some(default_port), |p| p.parse().ok())?;
    Some((host.to_string(), port))
}

struct Remembered {
    url: String,
    until_ns: u64,
    file: Fetched,
}

/// URLs whose answer is remembered.
pub const REMEMBERED_MAX: usize = 32;
/// Bytes of all remembered answers together.
pub const REMEMBERED_BYTES_MAX: usize = 64 << 20;

/// Fetches files under guard. One for all sessions.
pub struct Fetcher {
    config: FetchConfig,
    clock: Arc<dyn Clock>,
    slots: Semaphore,
    allowance: Mutex<Allowance>,
    remembered: Mutex<Vec<Remembered>>,
}

impl Fetcher {
    /// With the operator's settings.
    pub fn new(config: FetchConfig, clock: Arc<dyn Clock>) -> Self {
        let slots = Semaphore::new(config.concurrent.clamp(1, 1024));
        let allowance = Mutex::new(Allowance::new(config.per_source_hour, config.total_hour));
        Fetcher { config, clock, slots, allowance, remembered: Mutex::default() }
    }
    /// Fetching is on.
    pub fn is_on(&self) -> bool {
        self.config.enabled
    }
    /// Fetches one file for `source`, the attacker that made the guest ask.
    pub async fn fetch(&self, source: IpAddr, request: Request) -> Result<Fetched, FetchError> {
        if !self.config.enabled {
            return Err(FetchError::Off);
        }
        let url = request.url();
        if url.len() > URL_BYTES_MAX {
            return Err(FetchError::Url);
        }
        if let Some(file) = self.recall(&url) {
            return Ok(file);
        }
        // The address is judged before the allowance is used up, so that refusals cost a source nothing.
        let address = self.resolve(&request).await?;
        let now_ns = self.clock.monotonic_ns();
        self.allowance.lock().unwrap_or_else(PoisonError::into_inner).take(source, now_ns)?;
        let _slot = self.slots.try_acquire().map_err(|_| FetchError::Busy)?;
        let limit = Duration::from_secs(self.config.seconds);
        let transfer = async {
            match request.scheme {
                Scheme::Http => self.http(request, address).await,
                Scheme::Tftp => self.tftp(request, address).await,
            }
        };
        let file = tokio::time::timeout(limit, transfer)
            .await
            .map_err(|_| FetchError::Slow(self.config.seconds))??;
        self.remember(url, &file);
        Ok(file)
    }
    async fn http(&self, mut request: Request, mut address: SocketAddr) -> Result<Fetched, FetchError> {
        for _ in 0..=self.config.redirects {
            match http::get(&request, address, self.config.max_bytes).await? {
                http::Answer::File(file) => return Ok(file),
                http::Answer::Redirect(location) => {
                    let url = match location.strip_prefix('/') {
                        Some(_) => Request { path: location, ..request.clone() }.url(),
                        None => location,
                    };
                    request = Request::from_http_url(&url, &request.user_agent).ok_or(FetchError::Url)?;
                    address = self.resolve(&request).await?;
                }
            }
        }
        Err(FetchError::Redirects(self.config.redirects))
    }
    async fn tftp(&self, request: Request, address: SocketAddr) -> Result<Fetched, FetchError> {
        let bytes = tftp::read(&request.path, address, self.config.max_bytes).await?;
        Ok(Fetched { status: 200, content_type: None, bytes: bytes.into(), url: request.url() })
    }
    /// The first address of the host that may be talked to.
    async fn resolve(&self, request: &Request) -> Result<SocketAddr, FetchError> {
        let literal = request.address.or_else(|| request.host.parse().ok());
        let candidates: Vec<IpAddr> = match literal {
            Some(address) => vec![address],
            None => {
                let name = (request.host.as_str(), request.port);
                let found = tokio::net::lookup_host(name).await;
                let found = found.map_err(|_| FetchError::Resolve(request.host.clone()))?;
                found.take(16).map(|a| a.ip()).collect()
            }
        };
        let mut refused = FetchError::Resolve(request.host.clone());
        for address in candidates {
            match why_forbidden(address, &self.config.allow) {
                None => return Ok(SocketAddr::new(address, request.port)),
                Some(why) => refused = FetchError::Forbidden { address, why },
            }
        }
        Err(refused)
    }
    fn recall(&self, url: &str) -> Option<Fetched> {
        let now_ns = self.clock.monotonic_ns();
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.retain(|r| r.until_ns > now_ns);
        remembered.iter().find(|r| r.url == url).map(|r| r.file.clone())
    }
    fn remember(&self, url: String, file: &Fetched) {
        let lasts_ns = self.config.remember_seconds.saturating_mul(1_000_000_000);
        let until_ns = self.clock.monotonic_ns().saturating_add(lasts_ns);
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.retain(|r| r.url != url);
        remembered.push(Remembered { url, until_ns, file: file.clone() });
        let bytes = |list: &[Remembered]| list.iter().map(|r| r.file.bytes.len()).sum::<usize>();
        while remembered.len() > REMEMBERED_MAX || bytes(&remembered) > REMEMBERED_BYTES_MAX {
            remembered.remove(0);
        }
    }
}

#[cfg(test)]
mod tests;
