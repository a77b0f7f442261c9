//! Default passwords in clear-text log-ins, towards a device and from it. The password itself is never told: its pair's
//! place among the defaults and its first letter are.
//!
//! Pairs: the table of Mirai's published scanner (2016) and the manuals of common cameras, routers and recorders.
use super::{Finding, Watch};
use crate::device::contact::{Contact, Happening, Outcome};
use otori_event::RawText;

/// Name and password, as delivered.
const DEFAULTS: &[(&str, &str)] = &[
    ("root", "xc3511"),
    ("root", "vizxv"),
    ("root", "admin"),
    ("admin", "admin"),
    ("root", "888888"),
    ("root", "xmhdipc"),
    ("root", "default"),
    ("root", "juantech"),
    ("root", "123456"),
    ("root", "54321"),
    ("support", "support"),
    ("root", ""),
    ("admin", "password"),
    ("root", "root"),
    ("root", "12345"),
    ("user", "user"),
    ("admin", ""),
    ("root", "pass"),
    ("admin", "admin1234"),
    ("root", "1111"),
    ("admin", "smcadmin"),
    ("admin", "1111"),
    ("root", "666666"),
    ("root", "password"),
    ("root", "1234"),
    ("root", "klv123"),
    ("Administrator", "admin"),
    ("service", "service"),
    ("supervisor", "supervisor"),
    ("guest", "guest"),
    ("guest", "12345"),
    ("admin1", "password"),
    ("administrator", "1234"),
    ("666666", "666666"),
    ("888888", "888888"),
    ("ubnt", "ubnt"),
    ("root", "klv1234"),
    ("root", "Zte521"),
    ("root", "hi3518"),
    ("root", "jvbzd"),
    ("root", "anko"),
    ("root", "zlxx."),
    ("root", "7ujMko0vizxv"),
    ("root", "7ujMko0admin"),
    ("root", "system"),
    ("root", "ikwb"),
    ("root", "dreambox"),
    ("root", "user"),
    ("root", "realtek"),
    ("root", "00000000"),
    ("admin", "1111111"),
    ("admin", "1234"),
    ("admin", "12345"),
    ("admin", "54321"),
    ("admin", "123456"),
    ("admin", "7ujMko0admin"),
    ("admin", "pass"),
    ("admin", "meinsm"),
    ("tech", "tech"),
    ("admin", "888888"),
    ("admin", "4321"),
    ("admin", "9999"),
    ("admin", "default"),
    ("root", "tl789"),
    ("root", "hunt5759"),
    ("root", "oelinux123"),
    ("root", "ivdev"),
    ("root", "antslq"),
    ("default", "default"),
    ("default", "OxhlwSG8"),
    ("default", "S2fGqNFs"),
    ("telecomadmin", "admintelecom"),
    ("telnet", "telnet"),
    ("cisco", "cisco"),
    ("pi", "raspberry"),
    ("operator", "operator"),
    ("mqtt", "mqtt"),
    ("guest", ""),
];

/// Communities of SNMP as delivered.
const COMMUNITIES: &[&str] = &["public", "private"];

/// Needs no memory.
#[derive(Default)]
pub(super) struct Credentials;

/// The place of a pair among the defaults, from 1.
fn default_of(service: &str, user: &[u8], secret: &[u8]) -> Option<usize> {
    let found = match service {
        "snmp" => COMMUNITIES.iter().position(|known| known.as_bytes() == secret),
        _ => DEFAULTS.iter().position(|(name, known)| name.as_bytes() == user && known.as_bytes() == secret),
    };
    found.map(|place| place + 1)
}

/// The first letter, and as many stars as there are others.
fn masked(secret: &[u8]) -> String {
    match secret.split_first() {
        None => "empty".into(),
        Some((first, rest)) => format!("{}{}", RawText::new([*first]), "*".repeat(rest.len())),
    }
}

impl Watch for Credentials {
    fn see(&mut self, contact: &Contact<'_>, happening: &Happening<'_>, tell: &mut dyn FnMut(Finding)) {
        let Happening::Login(login) = happening else { return };
        let Some(secret) = login.secret else { return };
        let Some(place) = default_of(login.service, login.user, secret) else { return };
        // A password that did not open the door says nothing of the device; one from it says that it tries doors.
        if !contact.opened && login.outcome == Outcome::Refused {
            return;
        }
        // The other end is a device as well: it is told there.
        if contact.opened && contact.near && login.outcome == Outcome::Accepted {
            return;
        }
        let accepted = match login.outcome {
            Outcome::Accepted => "yes",
            Outcome::Refused => "no",
            Outcome::Unknown => "unknown",
        };
        let numbers = [
            ("service", login.service.to_owned()),
            ("user", RawText::new(login.user).to_string()),
            ("password", masked(secret)),
            ("default", place.to_string()),
            ("accepted", accepted.to_owned()),
            ("peer", contact.peer.ip.to_string()),
        ];
        tell(Finding::new(if contact.opened { 11 } else { 10 }, numbers));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_known_and_not_shown() {
        assert_eq!(default_of("telnet", b"root", b"xc3511"), Some(1));
        assert_eq!(default_of("telnet", b"root", b"correct horse"), None);
        assert_eq!(default_of("snmp", b"", b"public"), Some(1));
        assert_eq!((masked(b"xc3511").as_str(), masked(b"").as_str()), ("x*****", "empty"));
        assert_eq!(masked(b"\x1bx"), "\\x1b*");
    }
}
