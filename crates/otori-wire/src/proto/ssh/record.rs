//! SSH's packets before encryption, and the fingerprint of what a side offers.
//!
//! Key type: [`Records`]. RFC 4253 6 and 7.1; B. Reardon et al., "HASSH" (2018).
use super::{FRAME, FRAME_DATA, FRAME_HEAD, HASSH, HASSH_STRING, field};
use crate::{
    cursor::Cursor, flow::Direction, limits::SSH_PACKET_BYTES, proto::tls::fingerprint::hash,
    transaction::Transaction,
};

const KEX_INIT: u8 = 20;
const NEW_KEYS: u8 = 21;
/// Bytes before the data: length, length of the padding, kind.
const HEAD: usize = 6;
/// Packets in clear text of one side.
const PACKETS: u8 = 32;

/// One side's packets in progress.
#[derive(Default)]
pub(super) struct Records {
    pending: Vec<u8>,
    count: u8,
}

impl Records {
    /// Takes bytes; true when nothing more can be read.
    pub(super) fn take(&mut self, direction: Direction, bytes: &[u8], transaction: &mut Transaction) -> bool {
        self.pending.extend_from_slice(bytes);
        loop {
            let length =
                Cursor::new(&self.pending).u32().map(|length| 4usize.saturating_add(length as usize));
            let Some(length) = length else { return false };
            if !(HEAD..=SSH_PACKET_BYTES).contains(&length) || self.count >= PACKETS {
                transaction.note("ssh.long_kex_record");
                return true;
            }
            if self.pending.len() < length {
                return false;
            }
            let (packet, _) = self.pending.split_at(length);
            let last = packet_is_last(direction, packet, transaction);
            self.pending.drain(..length);
            self.count += 1;
            if last {
                self.pending = Vec::new();
                return true;
            }
        }
    }
}

/// Notes a packet; true when what follows is encrypted.
fn packet_is_last(direction: Direction, packet: &[u8], transaction: &mut Transaction) -> bool {
    let fields = &mut transaction.fields;
    let (head, data) = packet.split_at(HEAD.min(packet.len()));
    for (index, bytes) in [(FRAME, packet), (FRAME_HEAD, head), (FRAME_DATA, data)] {
        fields.write_dear(field(direction, index), |out| out.extend_from_slice(bytes));
    }
    let kind = head.last().copied().unwrap_or(0);
    if let Some(text) = fingerprint(direction, data).filter(|_| kind == KEX_INIT) {
        fields.write(field(direction, HASSH), |out| hash(text.as_bytes(), out));
        fields.set(field(direction, HASSH_STRING), text);
    }
    transaction.touched[direction.index()] = true;
    kind == NEW_KEYS
}

/// Exchange, encryption, authentication and compression that the side offers in its own direction.
fn fingerprint(direction: Direction, data: &[u8]) -> Option<String> {
    let mut cursor = Cursor::new(data);
    // The cookie.
    cursor.skip(16)?;
    let mut lists: [&[u8]; 8] = [&[]; 8];
    for list in &mut lists {
        let length = cursor.u32()? as usize;
        *list = cursor.take(length)?;
    }
    let [exchange, _, encryption, encryption_back, authentication, authentication_back, compression, back] =
        lists;
    let chosen = match direction {
        Direction::ToServer => [exchange, encryption, authentication, compression],
        Direction::ToClient => [exchange, encryption_back, authentication_back, back],
    };
    Some(chosen.map(String::from_utf8_lossy).join(";"))
}
