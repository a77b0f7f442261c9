//! The log-in dialogue of busybox `login` behind busybox `telnetd`, on the terminal's canonical mode.
//!
//! Key type: [`Login`]; pure: bytes in, bytes out, the caller asks the policy and waits. As on the device: the
//! user name is echoed, the password is not; a wrong pair costs a delay and `Login incorrect`; three end it.
use std::collections::VecDeque;

/// Wrong pairs until the peer is cut off.
pub const TRIES_MAX: u32 = 3;
/// Empty user names until the peer is cut off.
pub const EMPTY_MAX: u32 = 10;
/// Bytes of a user name; busybox exits on a longer one.
pub const USER_BYTES_MAX: usize = 62;
/// Bytes of a line in canonical mode; the rest is swallowed (N_TTY_BUF_SIZE).
pub const LINE_BYTES_MAX: usize = 4095;

/// Texts of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginTexts {
    /// sent before the first prompt (`/etc/issue.net`)
    pub banner: Vec<u8>,
    /// `camera login: `
    pub user_prompt: Vec<u8>,
    /// `Password: `
    pub password_prompt: Vec<u8>,
}

/// What the caller does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// read more
    Read,
    /// ask the policy; then start the shell or call [`Login::refuse`]
    Try {
        /// as typed
        user: Vec<u8>,
        /// as typed
        password: Vec<u8>,
    },
    /// the dialogue is over
    End(&'static str),
}

#[derive(Clone, Copy, PartialEq)]
enum Field {
    User,
    Password,
}

/// One dialogue.
pub struct Login {
    texts: LoginTexts,
    field: Field,
    line: Vec<u8>,
    user: Vec<u8>,
    tries: u32,
    empty: u32,
}

impl Login {
    /// Begins: banner and first prompt go to `out`.
    pub fn start(texts: LoginTexts, out: &mut Vec<u8>) -> Self {
        out.extend_from_slice(&texts.banner);
        out.extend_from_slice(&texts.user_prompt);
        Login { texts, field: Field::User, line: Vec::new(), user: Vec::new(), tries: 0, empty: 0 }
    }
    /// Takes bytes from `input` up to the end of a password; what the screen shows goes to `out`.
    pub fn feed(&mut self, input: &mut VecDeque<u8>, out: &mut Vec<u8>) -> Step {
        while let Some(byte) = input.pop_front() {
            match byte {
                b'\r' | b'\n' => {
                    if let Some(step) = self.finish(out) {
                        return step;
                    }
                }
                0x03 | 0x1c => return Step::End("interrupted at log-in"),
                0x04 if self.line.is_empty() => return Step::End("end of file at log-in"),
                0x08 | 0x7f => {
                    if self.line.pop().is_some() && self.field == Field::User {
                        out.extend_from_slice(b"\x08 \x08");
                    }
                }
                0x15 => self.kill(out),
                0 => {}
                _ if self.line.len() >= LINE_BYTES_MAX => {}
                _ => {
                    self.line.push(byte);
                    self.echo(byte, out);
                }
            }
        }
        Step::Read
    }
    fn kill(&mut self, out: &mut Vec<u8>) {
        if self.field == Field::User {
            self.line.iter().for_each(|_| out.extend_from_slice(b"\x08 \x08"));
        }
        self.line.clear();
    }
    fn echo(&self, byte: u8, out: &mut Vec<u8>) {
        match (self.field, byte) {
            (Field::Password, _) => {}
            (Field::User, 0..0x20) if byte != b'\t' => out.extend([b'^', byte + 0x40]),
            (Field::User, _) => out.push(byte),
        }
    }
    fn finish(&mut self, out: &mut Vec<u8>) -> Option<Step> {
        out.extend_from_slice(b"\r\n");
        let line = std::mem::take(&mut self.line);
        if self.field == Field::Password {
            self.field = Field::User;
            return Some(Step::Try { user: std::mem::take(&mut self.user), password: line });
        }
        let user = line.trim_ascii_start();
        if user.len() > USER_BYTES_MAX {
            return Some(Step::End("user name too long"));
        }
        if user.is_empty() {
            self.empty += 1;
            if self.empty >= EMPTY_MAX {
                return Some(Step::End("too many empty user names"));
            }
            out.extend_from_slice(&self.texts.user_prompt);
            return None;
        }
        self.user = user.to_vec();
        self.field = Field::Password;
        out.extend_from_slice(&self.texts.password_prompt);
        None
    }
    /// The pair was wrong and the delay is over.
    pub fn refuse(&mut self, out: &mut Vec<u8>) -> Step {
        out.extend_from_slice(b"Login incorrect\r\n");
        self.tries += 1;
        if self.tries >= TRIES_MAX {
            return Step::End("three wrong passwords");
        }
        out.extend_from_slice(&self.texts.user_prompt);
        Step::Read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(out: &mut Vec<u8>) -> Login {
        let texts = LoginTexts {
            banner: b"".to_vec(),
            user_prompt: b"camera login: ".to_vec(),
            password_prompt: b"Password: ".to_vec(),
        };
        Login::start(texts, out)
    }
    fn attempt(user: &str, password: &str) -> Step {
        Step::Try { user: user.into(), password: password.into() }
    }

    #[test]
    fn the_name_is_echoed_the_password_is_not() {
        let mut out = Vec::new();
        let mut login = start(&mut out);
        let mut input: VecDeque<u8> = b"\rro\x7foot\rxc3511\renable\r".iter().copied().collect();
        assert_eq!(login.feed(&mut input, &mut out), attempt("root", "xc3511"));
        assert_eq!(
            out,
            b"camera login: \r\ncamera login: ro\x08 \x08oot\r\nPassword: \r\n",
            "{}",
            out.escape_ascii()
        );
        assert_eq!(Vec::from(input), b"enable\r", "what was typed ahead waits for the shell");
    }

    #[test]
    fn three_wrong_pairs_end_it() {
        let mut out = Vec::new();
        let mut login = start(&mut out);
        for round in 0..3 {
            let mut input: VecDeque<u8> = b"a\nb\n".iter().copied().collect();
            assert_eq!(login.feed(&mut input, &mut out), attempt("a", "b"));
            let step = login.refuse(&mut out);
            assert_eq!(step == Step::Read, round < 2, "{step:?}");
        }
        assert_eq!(String::from_utf8_lossy(&out).matches("Login incorrect\r\n").count(), 3);
        assert_eq!(String::from_utf8_lossy(&out).matches("camera login: ").count(), 3);
    }

    #[test]
    fn hostile_input_ends_it_without_growing() {
        let feed = |bytes: &[u8]| {
            let mut out = Vec::new();
            let mut login = start(&mut out);
            (login.feed(&mut bytes.iter().copied().collect(), &mut out), login.line.len())
        };
        assert_eq!(feed(&b"\r".repeat(50)).0, Step::End("too many empty user names"));
        assert_eq!(feed(b"\x03").0, Step::End("interrupted at log-in"));
        assert_eq!(feed(&vec![b'A'; 1 << 20]), (Step::Read, LINE_BYTES_MAX));
        assert_eq!(feed(&[vec![b'A'; 100], b"\r".to_vec()].concat()).0, Step::End("user name too long"));
        assert_eq!(feed(b"root\r\r").0, attempt("root", ""));
    }
}
