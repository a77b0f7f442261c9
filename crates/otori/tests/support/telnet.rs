//! A client as bots are: it answers no telnet option, reads until a mark, types lines.
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// One connection.
pub struct Telnet {
    stream: TcpStream,
    /// everything that was received
    pub received: Vec<u8>,
    from: usize,
}

impl Telnet {
    /// Connects.
    pub fn connect(to: SocketAddr) -> std::io::Result<Telnet> {
        let stream = TcpStream::connect_timeout(&to, Duration::from_secs(5))?;
        stream.set_read_timeout(Some(Duration::from_millis(50)))?;
        Ok(Telnet { stream, received: vec![], from: 0 })
    }

    /// Reads until `mark` stands in what came since the last mark.
    pub fn expect(&mut self, mark: &str, patience: Duration) -> Result<(), String> {
        let end = Instant::now() + patience;
        let mut buffer = [0; 4096];
        loop {
            let fresh = String::from_utf8_lossy(&self.received[self.from..]).into_owned();
            if fresh.contains(mark) {
                self.from = self.received.len();
                return Ok(());
            }
            if Instant::now() > end {
                return Err(format!("no {mark:?} in {fresh:?}"));
            }
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(format!("closed before {mark:?}; got {fresh:?}")),
                Ok(length) => self.received.extend_from_slice(&buffer[..length]),
                Err(error)
                    if matches!(
                        error.kind(),
                        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                    ) => {}
                Err(error) => return Err(format!("{error} before {mark:?}")),
            }
        }
    }

    /// Types a line.
    pub fn line(&mut self, text: &str) -> Result<(), String> {
        self.stream.write_all(format!("{text}\r\n").as_bytes()).map_err(|error| error.to_string())
    }

    /// Logs in as a bot does and waits for the shell's prompt.
    pub fn log_in(&mut self, user: &str, password: &str) -> Result<(), String> {
        self.expect("login: ", Duration::from_secs(10))?;
        self.line(user)?;
        self.expect("assword: ", Duration::from_secs(10))?;
        self.line(password)?;
        self.expect("# ", Duration::from_secs(20))
    }
}
