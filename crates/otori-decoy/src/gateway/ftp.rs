//! The control connection of FTP (RFC 959) as far as `ftpget` needs it to say which file it wants.
//!
//! Key type: [`Dialogue`]; pure. No file is ever given: FTP is not fetched.
use std::net::SocketAddr;

/// Bytes of one command.
const COMMAND_MAX: usize = 1024;

/// What the server says first.
pub const GREETING: &[u8] = b"220 FTP server ready.\r\n";

/// One control connection.
#[derive(Default)]
pub struct Dialogue {
    line: Vec<u8>,
    passive: Option<SocketAddr>,
}

/// What some bytes led to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reaction {
    /// for the guest
    pub reply: Vec<u8>,
    /// files that it wants
    pub files: Vec<String>,
    /// an address that it was told to connect to
    pub data: Option<SocketAddr>,
    /// it said goodbye
    pub quit: bool,
}

impl Dialogue {
    /// Takes bytes of the guest's; `server` is the address it connected to.
    pub fn push(&mut self, bytes: &[u8], server: SocketAddr) -> Reaction {
        let mut reaction = Reaction::default();
        for &byte in bytes {
            match byte {
                b'\n' => {
                    let line = std::mem::take(&mut self.line);
                    self.command(line.trim_ascii(), server, &mut reaction);
                }
                _ if self.line.len() < COMMAND_MAX => self.line.push(byte),
                _ => {}
            }
        }
        reaction
    }
    fn command(&mut self, line: &[u8], server: SocketAddr, reaction: &mut Reaction) {
        let verb = line.split(|b| *b == b' ').next().unwrap_or_default().to_ascii_uppercase();
        let argument = line.get(verb.len()..).unwrap_or_default().trim_ascii();
        let reply = match verb.as_slice() {
            b"USER" => "331 Please specify the password.".into(),
            b"PASS" => "230 Login successful.".into(),
            b"TYPE" => "200 Switching mode.".into(),
            b"CWD" => "250 Directory changed.".into(),
            b"PWD" => "257 \"/\"".into(),
            b"SYST" => "215 UNIX Type: L8".into(),
            b"REST" => "350 Restart position accepted.".into(),
            b"PASV" => self.passive(server, reaction),
            b"RETR" => {
                reaction.files.push(String::from_utf8_lossy(argument).into_owned());
                "550 Failed to open file.".into()
            }
            b"SIZE" => "550 Could not get file size.".into(),
            b"QUIT" => {
                reaction.quit = true;
                "221 Goodbye.".into()
            }
            _ => "500 Unknown command.".to_string(),
        };
        reaction.reply.extend_from_slice(reply.as_bytes());
        reaction.reply.extend_from_slice(b"\r\n");
    }
    fn passive(&mut self, server: SocketAddr, reaction: &mut Reaction) -> String {
        let SocketAddr::V4(v4) = server else { return "522 Network protocol not supported.".into() };
        let data = *self.passive.get_or_insert(SocketAddr::from((*v4.ip(), 49_200)));
        reaction.data = Some(data);
        let [a, b, c, d] = v4.ip().octets();
        let [high, low] = data.port().to_be_bytes();
        format!("227 Entering Passive Mode ({a},{b},{c},{d},{high},{low}).")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ftpget_says_what_it_wants() {
        let server = "192.0.2.1:21".parse().unwrap();
        let mut dialogue = Dialogue::default();
        let reaction =
            dialogue.push(b"USER anonymous\r\nPASS x\r\nPASV\r\nRETR bot.mips\r\nQUIT\r\n", server);
        assert_eq!(reaction.files, ["bot.mips"]);
        assert_eq!(reaction.data, "192.0.2.1:49200".parse().ok());
        assert!(reaction.quit);
        let text = String::from_utf8(reaction.reply).unwrap();
        let codes: Vec<&str> = text.lines().map(|l| &l[..3]).collect();
        assert_eq!(codes, ["331", "230", "227", "550", "221"]);
        dialogue.push(&vec![b'A'; 1 << 20], server);
        assert_eq!(dialogue.line.len(), COMMAND_MAX);
    }
}
