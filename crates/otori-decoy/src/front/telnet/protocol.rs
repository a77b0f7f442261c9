//! Telnet's own bytes (RFC 854, 855, 857, 858, 1073), as busybox telnetd treats them.
//!
//! Key type: [`Decoder`]. busybox announces its options once ([`OPENING`]) and answers none of the peer's: whoever
//! says nothing, or refuses all, gets the same bytes as everyone else.

const SE: u8 = 240;
const SB: u8 = 250;
const WILL: u8 = 251;
const DONT: u8 = 254;
const IAC: u8 = 255;
const NAWS: u8 = 31;

/// DO ECHO, DO NAWS, WILL ECHO, WILL SUPPRESS-GO-AHEAD: what busybox telnetd sends first.
pub const OPENING: [u8; 12] = [IAC, 253, 1, IAC, 253, NAWS, IAC, WILL, 1, IAC, WILL, 3];
/// Bytes between SB and SE that are kept; NAWS needs 5.
pub const SUBNEGOTIATION_MAX: usize = 256;
/// Option commands after which the peer is named a flooder.
pub const OPTIONS_MAX: u32 = 128;
/// Option commands after which the peer is cut off.
pub const OPTIONS_FATAL: u32 = 8192;

/// A broken rule; the name is stable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oddity {
    /// `telnet.option_flood`, `telnet.long_subnegotiation` …
    pub what: &'static str,
    /// evidence
    pub detail: String,
}

/// What some bytes meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// bytes for the terminal
    pub data: Vec<u8>,
    /// columns and rows of the peer's window
    pub window: Option<(u16, u16)>,
    /// broken rules
    pub oddities: Vec<Oddity>,
    /// the peer must be cut off
    pub fatal: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    #[default]
    Data,
    Return,
    Command,
    Option(u8),
    Subnegotiation,
    SubnegotiationCommand,
}

/// Takes telnet's commands out of a stream.
#[derive(Default)]
pub struct Decoder {
    state: State,
    subnegotiation: Vec<u8>,
    overlong: u64,
    options: u32,
}

impl Decoder {
    /// Decodes the next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) -> Decoded {
        let mut out = Decoded::default();
        for &byte in bytes {
            self.byte(byte, &mut out);
        }
        out
    }
    fn byte(&mut self, byte: u8, out: &mut Decoded) {
        self.state = match (self.state, byte) {
            // CR NUL and CR LF are one key, Return; the terminal wants CR.
            (State::Return, 0 | b'\n') => State::Data,
            (State::Data | State::Return, IAC) => State::Command,
            (State::Data | State::Return, _) => {
                out.data.push(byte);
                if byte == b'\r' { State::Return } else { State::Data }
            }
            (State::Command, IAC) => {
                out.data.push(IAC);
                State::Data
            }
            (State::Command, WILL..=DONT) => State::Option(byte),
            (State::Command, SB) => {
                self.subnegotiation.clear();
                self.overlong = 0;
                State::Subnegotiation
            }
            (State::Command, _) => State::Data,
            (State::Option(verb), option) => {
                self.option(verb, option, out);
                State::Data
            }
            (State::Subnegotiation, IAC) => State::SubnegotiationCommand,
            (State::Subnegotiation, _) => {
                self.keep(byte, out);
                State::Subnegotiation
            }
            (State::SubnegotiationCommand, IAC) => {
                self.keep(IAC, out);
                State::Subnegotiation
            }
            (State::SubnegotiationCommand, SE) => {
                self.finish(out);
                State::Data
            }
            // Another command inside: the peer never meant to end it.
            (State::SubnegotiationCommand, WILL..=DONT) => State::Option(byte),
            (State::SubnegotiationCommand, _) => State::Data,
        };
    }
    fn count(&mut self, detail: impl FnOnce() -> String, out: &mut Decoded) {
        self.options = self.options.saturating_add(1);
        if self.options == OPTIONS_MAX {
            out.oddities.push(Oddity { what: "telnet.option_flood", detail: detail() });
        }
        out.fatal |= self.options >= OPTIONS_FATAL;
    }
    fn option(&mut self, verb: u8, option: u8, out: &mut Decoded) {
        self.count(|| format!("{OPTIONS_MAX} option commands, the last one {verb} {option}"), out);
    }
    fn keep(&mut self, byte: u8, out: &mut Decoded) {
        if self.subnegotiation.len() < SUBNEGOTIATION_MAX {
            self.subnegotiation.push(byte);
            return;
        }
        self.overlong += 1;
        if self.overlong == 1 {
            let option = self.subnegotiation.first().copied().unwrap_or(0);
            let detail = format!("option {option}, more than {SUBNEGOTIATION_MAX} bytes");
            out.oddities.push(Oddity { what: "telnet.long_subnegotiation", detail });
        }
        out.fatal |= self.overlong > u64::from(OPTIONS_FATAL);
    }
    fn finish(&mut self, out: &mut Decoded) {
        self.count(|| format!("{OPTIONS_MAX} option commands, the last one a subnegotiation"), out);
        if let [NAWS, width_high, width_low, height_high, height_low] = self.subnegotiation[..] {
            let columns = u16::from_be_bytes([width_high, width_low]);
            let rows = u16::from_be_bytes([height_high, height_low]);
            // Zero means "unspecified" (RFC 1073).
            if columns > 0 && rows > 0 {
                out.window = Some((columns, rows));
            }
        } else if self.subnegotiation.first() == Some(&NAWS) {
            let detail = format!("{} bytes", self.subnegotiation.len());
            out.oddities.push(Oddity { what: "telnet.bad_window_size", detail });
        }
    }
}

/// Doubles IAC in what goes to the peer.
pub fn encode(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 8);
    for &byte in bytes {
        out.push(byte);
        if byte == IAC {
            out.push(IAC);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same result however the stream is cut.
    fn check(input: &[u8], data: &[u8], window: Option<(u16, u16)>) {
        for size in [1, 2, 3, input.len().max(1)] {
            let mut decoder = Decoder::default();
            let (mut got, mut size_seen) = (Vec::new(), None);
            for chunk in input.chunks(size) {
                let decoded = decoder.push(chunk);
                got.extend(decoded.data);
                size_seen = decoded.window.or(size_seen);
            }
            assert_eq!((got.as_slice(), size_seen), (data, window), "{}", input.escape_ascii());
        }
    }

    #[test]
    fn return_is_one_byte_however_it_is_sent() {
        check(b"root\r\nxc3511\r\0sh\rls\n", b"root\rxc3511\rsh\rls\n", None);
        check(b"\r\r\n\r\0\0", b"\r\r\r\0", None);
    }

    #[test]
    fn options_vanish_and_window_size_is_read() {
        check(b"\xff\xfb\x1f\xff\xfa\x1f\x00\x84\x00\x32\xff\xf0ls\r", b"ls\r", Some((132, 50)));
        check(b"\xff\xfd\x03\xff\xfc\x01a\xff\xffb\xff\xf1c", b"a\xffbc", None);
        check(b"\xff\xfa\x1f\x00\xff\xff\x00\x18\xff\xf0", b"", Some((255, 24)));
        check(b"\xff\xfa\x1f\0\0\0\0\xff\xf0x", b"x", None);
        check(b"\xff\xfa\x18\0vt100\xff\xf0x", b"x", None);
    }

    #[test]
    fn floods_end_in_one_anomaly_then_in_a_cut() {
        let mut decoder = Decoder::default();
        let flood = b"\xff\xfb\x22".repeat(OPTIONS_MAX as usize * 4);
        let decoded = decoder.push(&flood);
        assert_eq!(decoded.oddities.len(), 1);
        assert_eq!(decoded.oddities[0].what, "telnet.option_flood");
        assert!(!decoded.fatal);
        assert!(decoder.push(&b"\xff\xfb\x22".repeat(OPTIONS_FATAL as usize)).fatal);
    }

    #[test]
    fn a_huge_subnegotiation_costs_no_memory() {
        let mut decoder = Decoder::default();
        let mut input = b"\xff\xfa\x18".to_vec();
        input.extend(std::iter::repeat_n(b'A', 4000));
        let decoded = decoder.push(&input);
        assert_eq!(decoded.oddities[0].what, "telnet.long_subnegotiation");
        assert_eq!(decoder.subnegotiation.len(), SUBNEGOTIATION_MAX);
        assert_eq!(decoder.push(b"\xff\xf0ok").data, b"ok");
        assert!(decoder.push(&[b"\xff\xfa".as_slice(), &vec![b'A'; 1 << 20]].concat()).fatal);
    }

    #[test]
    fn iac_is_doubled_on_the_way_out() {
        assert_eq!(encode(b"a\xffb"), b"a\xff\xffb");
    }
}
