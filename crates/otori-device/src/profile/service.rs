//! What an image needs round it to run its own servers: further interfaces, services to start, and responders that
//! play a configuration daemon; key types [`ServiceTable`], [`ResponderTable`]. Neighbours: mod.rs checks the rest of
//! the profile, boot.rs starts what stands here, `otori_linux::net` answers the records.
use super::Check;
use super::error::ProfileError;
use super::usual::{PATTERN_MAX, PATTERNS_MAX};
use otori_linux::net::{Command, Deed, Field, LayoutError, RECORD_MAX, RecordLayout};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// Most interfaces beside that of `[network]`.
const INTERFACES_MAX: usize = 8;
/// Longest name of an interface, bytes (`IFNAMSIZ` - 1).
const INTERFACE_NAME_MAX: usize = 15;
/// Most services and responders.
const SERVICES_MAX: usize = 16;

/// An interface beside that of `[network]`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct InterfaceTable {
    /// name, at most 15 bytes
    pub name: String,
    /// unicast hardware address; that of `[network]` if not given
    pub mac: Option<String>,
    /// address; none if not given
    pub address: Option<Ipv4Addr>,
    /// length of the subnet prefix
    #[serde(default = "usual_prefix")]
    pub prefix: u8,
}

fn usual_prefix() -> u8 {
    24
}

/// A program of the image that runs before the first session, in the background.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ServiceTable {
    /// absolute path
    pub program: String,
    /// arguments, the name first; the program's path alone if not given
    #[serde(default)]
    pub arguments: Vec<String>,
    /// TCP ports that it listens on once it is ready
    #[serde(default)]
    pub listens: Vec<u16>,
    /// command lines that it runs when nobody attacks it, as `sh -c nvram get *`; `*` is one plain word
    #[serde(default)]
    pub runs: Vec<String>,
}

/// A UNIX socket that answers records of one length, as a vendor's configuration daemon does.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ResponderTable {
    /// absolute path of the socket
    pub path: String,
    /// permission bits of the socket, octal
    pub mode: Option<String>,
    /// length of a record
    pub record_bytes: usize,
    /// where the command stands: a number of four bytes in the device's byte order
    pub command: FieldTable,
    /// where the key stands
    pub key: FieldTable,
    /// where the value stands
    pub value: FieldTable,
    /// commands that are understood
    pub answer: Vec<AnswerTable>,
    /// file of the image with lines `NAME=value`
    pub defaults: Option<String>,
    /// names of that file that the product does not have
    #[serde(default)]
    pub absent: Vec<String>,
    /// values that stand in place of the file's
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

/// A range of bytes in a record.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct FieldTable {
    /// first byte
    pub at: usize,
    /// how many
    pub bytes: usize,
}

/// A command of a responder.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct AnswerTable {
    /// number in the request
    pub command: u32,
    /// number in the answer that says that it was done
    pub done: u32,
    /// what it does
    pub does: DeedTable,
}

/// What a command does.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum DeedTable {
    /// gives the value of the key
    Get,
    /// remembers the value for the key, in the session's own copy
    Set,
    /// forgets the key, in the session's own copy
    Remove,
    /// nothing that would be seen
    Accept,
}

impl ServiceTable {
    /// The arguments that it is started with.
    pub fn argument_list(&self) -> Vec<Vec<u8>> {
        match self.arguments.is_empty() {
            true => vec![self.program.clone().into_bytes()],
            false => self.arguments.iter().map(|argument| argument.clone().into_bytes()).collect(),
        }
    }
}

impl ResponderTable {
    /// The layout as the network takes it.
    pub fn layout(&self) -> RecordLayout {
        let field = |table: FieldTable| Field { at: table.at, bytes: table.bytes };
        let command = |row: &AnswerTable| Command {
            request: row.command,
            answer: row.done,
            deed: match row.does {
                DeedTable::Get => Deed::Get,
                DeedTable::Set => Deed::Set,
                DeedTable::Remove => Deed::Remove,
                DeedTable::Accept => Deed::Accept,
            },
        };
        RecordLayout {
            bytes: self.record_bytes,
            command: field(self.command),
            key: field(self.key),
            value: field(self.value),
            commands: self.answer.iter().map(command).collect(),
        }
    }

    /// Its values: the lines of the defaults file without those that are absent, then the profile's own.
    pub fn values(&self, defaults: &[u8]) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut values = BTreeMap::new();
        for line in defaults.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let Some(mark) = line.iter().position(|byte| *byte == b'=') else { continue };
            if !line.starts_with(b"#") {
                values.insert(line[..mark].to_vec(), line[mark + 1..].to_vec());
            }
        }
        values.retain(|name, _| !self.absent.iter().any(|absent| absent.as_bytes() == name.as_slice()));
        let own = self.values.iter().map(|(name, value)| (name.clone().into_bytes(), value.clone().into()));
        values.extend(own);
        values
    }
}

impl Check<'_> {
    pub(super) fn interfaces(&self, first: &str, interfaces: &[InterfaceTable]) -> Result<(), ProfileError> {
        if interfaces.len() > INTERFACES_MAX {
            let problem = format!("{} further interfaces", interfaces.len());
            return Err(self.error("[[interface]]", problem, "a product has at most 8"));
        }
        for (index, interface) in interfaces.iter().enumerate() {
            let name = &interface.name;
            if name.is_empty() || name.len() > INTERFACE_NAME_MAX || name.contains(['/', ' ', '"']) {
                let problem = format!("{name:?} cannot name an interface");
                return Err(self.error(name, problem, "use 1 to 15 bytes, as br0"));
            }
            let before = interfaces.iter().take(index).any(|other| other.name == *name);
            if before || name == first || name == "lo" {
                let problem = format!("there are two interfaces {name}");
                return Err(self.error(name, problem, "[network] is one already; give each its own name"));
            }
            if interface.prefix > 32 {
                let problem = format!("a prefix of {} bits", interface.prefix);
                return Err(self.error("prefix", problem, "use 0 to 32, usually 24"));
            }
            if let Some(mac) = &interface.mac {
                self.mac(mac)?;
            }
        }
        Ok(())
    }

    pub(super) fn services(&self, services: &[ServiceTable]) -> Result<(), ProfileError> {
        if services.len() > SERVICES_MAX {
            let problem = format!("{} services", services.len());
            return Err(self.error("[[service]]", problem, "a product has at most 16"));
        }
        for service in services {
            self.absolute(&service.program, "name the program from the root, as /bin/httpd")?;
            if service.listens.contains(&0) {
                let problem = format!("{} listens on port 0", service.program);
                return Err(self.error("listens", problem, "name its TCP ports, as [80]"));
            }
            if let Some(long) = service.runs.iter().find(|pattern| pattern.len() > PATTERN_MAX) {
                let problem = format!("a pattern of {} bytes", long.len());
                return Err(self.error("runs", problem, "a pattern has at most 256 bytes"));
            }
        }
        let patterns: usize = services.iter().map(|service| service.runs.len()).sum();
        if patterns > PATTERNS_MAX {
            let problem = format!("{patterns} patterns");
            return Err(self.error("runs", problem, "a product has at most 256; * stands for a word"));
        }
        Ok(())
    }

    pub(super) fn responders(&self, responders: &[ResponderTable]) -> Result<(), ProfileError> {
        if responders.len() > SERVICES_MAX {
            let problem = format!("{} responders", responders.len());
            return Err(self.error("[[responder]]", problem, "a product has at most 16"));
        }
        for responder in responders {
            self.absolute(&responder.path, "name the socket from the root, as /var/cfm_socket")?;
            if responder.path.len() > otori_linux::net::UNIX_PATH_MAX {
                let problem = format!("the path {} is longer than a socket's can be", responder.path);
                return Err(self.error(&responder.path, problem, "use at most 108 bytes"));
            }
            self.mode(responder.mode.as_deref())?;
            responder.layout().check().map_err(|error| self.layout_error(responder, error))?;
            let twice = |row: &&AnswerTable| {
                responder.answer.iter().filter(|other| other.command == row.command).count() > 1
            };
            if let Some(row) = responder.answer.iter().find(twice) {
                let problem = format!("{} answers command {} in two ways", responder.path, row.command);
                return Err(self.error(&responder.path, problem, "keep one [[responder.answer]] for each"));
            }
        }
        Ok(())
    }

    fn layout_error(&self, responder: &ResponderTable, error: LayoutError) -> ProfileError {
        let path = &responder.path;
        match error {
            LayoutError::Length => {
                let problem = format!("{path} has records of {} bytes", responder.record_bytes);
                self.error("record_bytes", problem, &format!("use 1 to {RECORD_MAX}"))
            }
            LayoutError::Command => {
                let problem = format!("the command of {path} has {} bytes", responder.command.bytes);
                self.error("command =", problem, "it is a number of four bytes: bytes = 4")
            }
            LayoutError::Outside(name) => {
                let problem =
                    format!("the {name} of {path} leaves its record of {} bytes", responder.record_bytes);
                self.error(&format!("{name} ="), problem, "keep at + bytes within record_bytes")
            }
        }
    }

    fn absolute(&self, path: &str, remedy: &str) -> Result<(), ProfileError> {
        if path.starts_with('/') && !path.ends_with('/') && !path.split('/').any(|part| part == "..") {
            return Ok(());
        }
        Err(self.error(path, format!("{path:?} is no absolute path"), remedy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Source, check_text};

    const RESPONDER: &str = "
[[responder]]
path = \"/var/cfm_socket\"
record_bytes = 2016
command = { at = 0, bytes = 4 }
key = { at = 4, bytes = 512 }
value = { at = 516, bytes = 1500 }
answer = [{ command = 2, done = 3, does = \"get\" }]
";

    fn check(from: &str, to: &str, expect: Result<(), &[&str]>) {
        let camera = Source::Embedded("camera-mipsel".into());
        let text = String::from_utf8(camera.read("product.toml").unwrap()).unwrap();
        let service = "[[service]]\nprogram = \"/bin/httpd\"\nlistens = [80]\n";
        let interface = "[[interface]]\nname = \"br0\"\naddress = \"192.168.0.1\"\n";
        let more = format!("{text}{RESPONDER}{service}{interface}");
        assert!(more.contains(from), "{from}");
        let line = 1 + more.split(from).next().map_or(0, |before| before.matches('\n').count());
        let found = check_text(&camera, &more.replacen(from, to, 1));
        match expect {
            Ok(()) => assert!(found.is_ok(), "{found:?}"),
            Err(parts) => {
                let error = found.unwrap_err().to_string();
                for part in parts.iter().map(|part| part.replace("{line}", &line.to_string())) {
                    assert!(error.contains(&part), "{part:?} is not in: {error}");
                }
            }
        }
    }

    #[test]
    fn what_an_image_lacks_is_checked_with_place_and_remedy() {
        check("", "", Ok(()));
        check(
            "value = { at = 516, bytes = 1500 }",
            "value = { at = 517, bytes = 1500 }",
            Err(&[
                "product.toml:{line}:1: the value of /var/cfm_socket leaves its record of 2016 bytes",
                "keep at + bytes within record_bytes",
            ]),
        );
        check("command = { at = 0, bytes = 4 }", "command = { at = 0, bytes = 2 }", Err(&["has 2 bytes"]));
        check("record_bytes = 2016", "record_bytes = 0", Err(&["records of 0 bytes", "use 1 to 16384"]));
        check("does = \"get\"", "does = \"got\"", Err(&["unknown variant `got`", "did you mean `get`?"]));
        check("\"/var/cfm_socket\"", "\"var/cfm_socket\"", Err(&["no absolute path"]));
        check("\"/bin/httpd\"", "\"httpd\"", Err(&["no absolute path", "/bin/httpd"]));
        check("listens = [80]", "listens = [0]", Err(&["port 0"]));
        check("name = \"br0\"", "name = \"eth0\"", Err(&["two interfaces eth0"]));
        check("name = \"br0\"", "name = \"a-bridge-of-many\"", Err(&["cannot name an interface"]));
    }

    #[test]
    fn values_come_from_the_image_unless_the_profile_says_otherwise() {
        let table: ResponderTable = toml::from_str(&format!(
            "{}absent = [\"ali\"]\nvalues = {{ pass = \"x=y\" }}\n",
            RESPONDER.replace("[[responder]]", "")
        ))
        .unwrap();
        let values = table.values(b"#ip=0\r\nip=10.0.0.1\r\nali=1\r\npass=\r\nempty=\r\njunk\r\n");
        let value = |name: &[u8]| values.get(name).map(Vec::as_slice);
        assert_eq!(value(b"ip"), Some(&b"10.0.0.1"[..]));
        assert_eq!(value(b"pass"), Some(&b"x=y"[..]));
        assert_eq!(value(b"empty"), Some(&b""[..]));
        assert_eq!((value(b"ali"), value(b"#ip"), values.len()), (None, None, 3));
    }
}
