//! SCTP's common header and the count of its chunks.
//!
//! RFC 9260 3. Neighbour: `transport`.
use super::Transport;
use crate::{anomaly::Anomalies, limits::SCTP_CHUNKS};

pub(super) fn decode<'a>(body: &'a [u8], anomalies: &mut Anomalies) -> Option<(Transport, &'a [u8])> {
    let Some(h) = body.first_chunk::<12>() else {
        anomalies.note("sctp.pkt_too_small");
        return None;
    };
    let payload = body.get(12..).unwrap_or(&[]);
    let word = |at: usize| u16::from_be_bytes([h[at], h[at + 1]]);
    let tag = u32::from_be_bytes([h[4], h[5], h[6], h[7]]);
    let (chunks, kinds) = chunks(payload, anomalies);
    if chunks > SCTP_CHUNKS {
        anomalies.note("sctp.too_many_chunks");
    }
    let chunks = u16::try_from(chunks).unwrap_or(u16::MAX);
    Some((Transport::Sctp { source: word(0), destination: word(2), tag, chunks, kinds }, payload))
}

/// How many chunks fill the payload, and their kinds, a bit each for the first 32.
fn chunks(payload: &[u8], anomalies: &mut Anomalies) -> (usize, u32) {
    let (mut count, mut kinds) = (0, 0u32);
    let mut rest = payload;
    // Each turn consumes at least four bytes.
    while let Some(head) = rest.first_chunk::<4>() {
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        if length < 4 {
            anomalies.note("sctp.chunk_too_small");
            break;
        }
        if length > rest.len() {
            anomalies.note("sctp.chunk_len_invalid");
        }
        count += 1;
        kinds |= 1u32.checked_shl(u32::from(head[0])).unwrap_or(0);
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or(&[]);
    }
    (count, kinds)
}
