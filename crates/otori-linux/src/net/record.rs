//! Services of fixed-length records that the host plays on a UNIX socket: a device's configuration daemon, as data.
//!
//! Key types: [`RecordLayout`] says where command, key and value stand in a record; [`RecordService`] answers from
//! its defaults and remembers what the guest set. Neighbour: stream.rs, where a guest's bytes meet it. Everything is
//! answered at once, so a machine with such a service is as deterministic as one without.
use super::socket::{Domain, Kind, STREAM_MAX, Socket, State};
use super::{Address, SocketId, Sockets};
use crate::abi::Endian;
use crate::errno::Errno;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Longest record, bytes.
pub const RECORD_MAX: usize = 16_384;
/// Bytes of keys and values that a guest may have set; a set beyond is refused.
pub const CHANGED_BYTES_MAX: usize = 256 << 10;
/// What a changed entry costs beside its text.
const ENTRY_BYTES: usize = 64;
/// Credentials of the daemon that is played: a child of init's, root.
const DAEMON: (u32, u32, u32) = (1, 0, 0);

/// A range of bytes in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// first byte
    pub at: usize,
    /// how many
    pub bytes: usize,
}

impl Field {
    /// The byte behind it.
    fn end(self) -> usize {
        self.at.saturating_add(self.bytes)
    }
    fn of(self, record: &[u8]) -> &[u8] {
        record.get(self.at..self.end()).unwrap_or_default()
    }
    /// Puts bytes in, NUL behind them.
    fn put(self, record: &mut [u8], bytes: &[u8]) {
        let place = record.get_mut(self.at..self.end()).unwrap_or_default();
        for (to, from) in place.iter_mut().zip(bytes.iter().copied().chain(core::iter::repeat(0))) {
            *to = from;
        }
    }
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// gives the value of the key
    Get,
    /// remembers the value for the key
    Set,
    /// forgets the key
    Remove,
    /// nothing that would be seen (commit to flash)
    Accept,
}

/// A command and the one that says that it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// number in the request
    pub request: u32,
    /// number in the answer
    pub answer: u32,
    /// what is done
    pub deed: Deed,
}

/// The form of a record. The command is a number of four bytes in the guest's order, key and value are texts that
/// end with NUL or with their field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordLayout {
    /// length of a record, bytes
    pub bytes: usize,
    /// the command
    pub command: Field,
    /// the key
    pub key: Field,
    /// the value
    pub value: Field,
    /// what is understood; a request with another command comes back as it was
    pub commands: Vec<Command>,
}

/// Why a layout cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayoutError {
    /// no bytes, or more than [`RECORD_MAX`]
    Length,
    /// the command is not a number of four bytes
    Command,
    /// a field that leaves the record or has no bytes: its name
    Outside(&'static str),
}

impl RecordLayout {
    /// Whether every field lies in the record.
    pub fn check(&self) -> Result<(), LayoutError> {
        if self.bytes == 0 || self.bytes > RECORD_MAX {
            return Err(LayoutError::Length);
        }
        if self.command.bytes != 4 {
            return Err(LayoutError::Command);
        }
        for (name, field) in [("command", self.command), ("key", self.key), ("value", self.value)] {
            if field.bytes == 0 || field.end() > self.bytes {
                return Err(LayoutError::Outside(name));
            }
        }
        Ok(())
    }
}

/// A service with its values. A clone shares the defaults.
#[derive(Clone, Debug)]
pub struct RecordService {
    layout: Arc<RecordLayout>,
    endian: Endian,
    defaults: Arc<BTreeMap<Vec<u8>, Vec<u8>>>,
    /// what the guest set, or removed
    changed: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    changed_bytes: usize,
}

impl RecordService {
    /// A service with that layout and those values.
    pub fn new(
        layout: RecordLayout,
        endian: Endian,
        defaults: BTreeMap<Vec<u8>, Vec<u8>>,
    ) -> Result<RecordService, LayoutError> {
        layout.check()?;
        let (layout, defaults) = (Arc::new(layout), Arc::new(defaults));
        Ok(RecordService { layout, endian, defaults, changed: BTreeMap::new(), changed_bytes: 0 })
    }

    /// The value of a key, as a guest gets it.
    pub fn value(&self, key: &[u8]) -> Option<&[u8]> {
        match self.changed.get(key) {
            Some(changed) => changed.as_deref(),
            None => self.defaults.get(key).map(Vec::as_slice),
        }
    }

    /// Bytes of what the guest set or removed, at most [`CHANGED_BYTES_MAX`].
    pub fn changed_bytes(&self) -> usize {
        self.changed_bytes
    }

    /// Turns a request into its answer. A command that is unknown or cannot be done leaves the record as it is.
    fn answer(&mut self, record: &mut [u8]) {
        let layout = self.layout.clone();
        let Ok(number) = <[u8; 4]>::try_from(layout.command.of(record)) else { return };
        let number = self.endian.read_u32(number);
        let Some(command) = layout.commands.iter().find(|command| command.request == number) else { return };
        let key = text(layout.key.of(record)).to_vec();
        match command.deed {
            Deed::Get => {
                let Some(value) = self.value(&key) else { return };
                layout.value.put(record, value);
            }
            Deed::Set => {
                let value = text(layout.value.of(record)).to_vec();
                if !self.change(key, Some(value)) {
                    return;
                }
            }
            Deed::Remove => {
                if !self.change(key, None) {
                    return;
                }
            }
            Deed::Accept => {}
        }
        layout.command.put(record, &self.endian.u32(command.answer));
    }

    /// Remembers a change; false beyond the bound.
    fn change(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) -> bool {
        let cost = |value: &Option<Vec<u8>>| key.len() + value.as_ref().map_or(0, Vec::len) + ENTRY_BYTES;
        let old = self.changed.get(&key).map_or(0, cost);
        let bytes = self.changed_bytes - old + cost(&value);
        if bytes > CHANGED_BYTES_MAX {
            return false;
        }
        self.changed_bytes = bytes;
        self.changed.insert(key, value);
        true
    }
}

/// A field's text: up to its first NUL.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

impl Sockets {
    /// Plays a service at a UNIX address from now on.
    pub fn serve_records(&mut self, at: Address, service: RecordService) -> Result<SocketId, Errno> {
        if self.find_unix(&at).is_some() {
            return Err(Errno::EADDRINUSE);
        }
        let mut socket = Socket::new(Domain::Unix, Kind::Stream, 0, DAEMON);
        socket.host = true;
        socket.local = Some(at);
        socket.peer_credentials = DAEMON;
        socket.state = State::Listening { backlog: 1, queue: VecDeque::new() };
        let id = self.insert(socket)?;
        self.services.insert(id, service);
        Ok(id)
    }

    /// The played service at that socket.
    pub fn record_service(&self, id: SocketId) -> Option<&RecordService> {
        self.services.get(&id)
    }

    /// Whether this is the service's end of a connection.
    pub(super) fn is_served(&self, id: SocketId) -> bool {
        self.socket(id).is_ok_and(|socket| socket.service.is_some())
    }

    /// Answers the whole records that `client` sent to the service's end `served`, as far as there is room.
    pub(super) fn serve(&mut self, served: SocketId, client: SocketId) {
        let Some(listener) = self.socket(served).ok().and_then(|socket| socket.service) else { return };
        let Some(mut service) = self.services.remove(&listener) else { return };
        let length = service.layout.bytes;
        loop {
            let room = self.socket(client).map_or(0, |socket| STREAM_MAX.saturating_sub(socket.stream.len()));
            let Ok(socket) = self.socket_mut(served) else { break };
            if socket.stream.len() < length || room < length {
                break;
            }
            let mut record: Vec<u8> = socket.stream.drain(..length).collect();
            socket.taken += length as u64;
            service.answer(&mut record);
            if let Ok(socket) = self.socket_mut(client) {
                socket.arrived += length as u64;
                socket.stream.extend(record);
                socket.stir_in();
            }
        }
        self.services.insert(listener, service);
    }
}
