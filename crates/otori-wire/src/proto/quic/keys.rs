//! The keys of Initial packets: whoever sees the first packet can have them.
//!
//! Key type: [`Keys`]. RFC 9001 5.1, 5.2 and 5.4, RFC 9369 3.3; HKDF of RFC 5869 with SHA-256.
use aes_gcm::{
    Aes128Gcm, KeyInit,
    aead::{Aead, Payload},
    aes::{Aes128, cipher::BlockCipherEncrypt},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// How a version makes its keys.
pub(super) struct Version {
    pub(super) number: u32,
    /// as rules and EVE show it
    pub(super) name: &'static str,
    salt: [u8; 20],
    labels: [&'static str; 3],
    /// type bits of an Initial packet
    pub(super) initial: u8,
}

const LABELS: [&str; 3] = ["quic key", "quic iv", "quic hp"];
const V1: [u8; 20] = [
    0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc,
    0xbb, 0x7f, 0x0a,
];
const V2: [u8; 20] = [
    0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9,
    0xbd, 0x2e, 0xd9,
];
const DRAFT_29: [u8; 20] = [
    0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43,
    0x90, 0xa8, 0x99,
];
const DRAFT_23: [u8; 20] = [
    0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe,
    0xf9, 0xf5, 0x02,
];

const DRAFT_22: [u8; 20] = [
    0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, 0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a,
    0x02, 0x64, 0x4a,
];
/// Of Google's versions with TLS.
const T050: [u8; 20] = [
    0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80, 0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60,
    0x48, 0x83, 0x10,
];
const T051: [u8; 20] = [
    0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50, 0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda,
    0x6e, 0x03, 0x3d,
];

const fn version(number: u32, name: &'static str, salt: [u8; 20]) -> Version {
    Version { number, name, salt, labels: LABELS, initial: 0 }
}

/// All versions whose Initial packets can be read.
static VERSIONS: &[Version] = &[
    version(1, "1", V1),
    Version {
        number: 0x6b33_43cf,
        name: "2",
        salt: V2,
        labels: ["quicv2 key", "quicv2 iv", "quicv2 hp"],
        initial: 1,
    },
    version(0xff00_0022, "draft-34", V1),
    version(0xff00_0021, "draft-33", V1),
    version(0xff00_0020, "draft-32", DRAFT_29),
    version(0xff00_001f, "draft-31", DRAFT_29),
    version(0xff00_001e, "draft-30", DRAFT_29),
    version(0xff00_001d, "draft-29", DRAFT_29),
    version(0xff00_001c, "draft-28", DRAFT_23),
    version(0xff00_001b, "draft-27", DRAFT_23),
    version(0xff00_001a, "draft-26", DRAFT_23),
    version(0xff00_0019, "draft-25", DRAFT_23),
    version(0xff00_0018, "draft-24", DRAFT_23),
    version(0xff00_0017, "draft-23", DRAFT_23),
    version(0xff00_0016, "draft-22", DRAFT_22),
    version(0xface_b001, "mvfst-22", DRAFT_22),
    version(0xface_b002, "mvfst-27", DRAFT_23),
    version(0xface_b00e, "mvfst-exp", DRAFT_23),
    version(0x5430_3530, "T050", T050),
    version(0x5430_3531, "T051", T051),
];

/// The version of that number.
pub(super) fn by_number(number: u32) -> Option<&'static Version> {
    VERSIONS.iter().find(|version| version.number == number)
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// HKDF-Expand-Label of RFC 8446 7.1, at most one block of it.
fn expand(secret: &[u8], label: &str, length: u8) -> [u8; 32] {
    let name = [b"tls13 ", label.as_bytes()].concat();
    hmac(secret, &[&[0, length, name.len() as u8], &name, &[0, 1]])
}

fn first<const N: usize>(bytes: &[u8; 32]) -> [u8; N] {
    core::array::from_fn(|at| bytes.get(at).copied().unwrap_or(0))
}

/// Keys of one direction.
pub(super) struct Keys {
    packet: Aes128Gcm,
    iv: [u8; 12],
    header: Aes128,
}

impl Keys {
    /// The keys of the client's and of the server's Initial packets.
    pub(super) fn of(version: &Version, destination_id: &[u8]) -> [Keys; 2] {
        let initial = hmac(&version.salt, &[destination_id]);
        ["client in", "server in"].map(|label| {
            let secret = expand(&initial, label, 32);
            let [key, iv, header] = version.labels;
            Keys {
                packet: Aes128Gcm::new(&first::<16>(&expand(&secret, key, 16)).into()),
                iv: first(&expand(&secret, iv, 12)),
                header: Aes128::new(&first::<16>(&expand(&secret, header, 16)).into()),
            }
        })
    }

    /// What an Initial packet protects; `head_length` bytes stand before its packet number.
    pub(super) fn open(&self, packet: &[u8], head_length: usize) -> Option<Vec<u8>> {
        let sample: [u8; 16] = packet.get(head_length + 4..head_length + 20)?.try_into().ok()?;
        let mut mask = sample.into();
        self.header.encrypt_block(&mut mask);
        let first = packet.first()? ^ mask.first()? & 0x0f;
        let number_length = usize::from(first & 3) + 1;
        let mut head = packet.get(..head_length + number_length)?.to_vec();
        *head.first_mut()? = first;
        let mut nonce = self.iv;
        let number = head.get_mut(head_length..)?;
        let place = 12 - number_length;
        for ((byte, mask), slot) in number.iter_mut().zip(mask.iter().skip(1)).zip(nonce.get_mut(place..)?) {
            *byte ^= mask;
            *slot ^= *byte;
        }
        let msg = packet.get(head_length + number_length..)?;
        self.packet.decrypt(&nonce.into(), Payload { msg, aad: &head }).ok()
    }

    /// Seals a packet: for tests, which need one to open.
    #[cfg(test)]
    pub(super) fn seal(&self, head: &[u8], payload: &[u8]) -> Vec<u8> {
        // The packet number is one byte, the last of the head.
        let mut nonce = self.iv;
        nonce[11] ^= head[head.len() - 1];
        let sealed = self.packet.encrypt(&nonce.into(), Payload { msg: payload, aad: head }).unwrap();
        let mut packet = [head, &sealed].concat();
        let at = head.len() - 1;
        let sample: [u8; 16] = packet[at + 4..at + 20].try_into().unwrap();
        let mut mask = sample.into();
        self.header.encrypt_block(&mut mask);
        packet[0] ^= mask[0] & 0x0f;
        packet[at] ^= mask[1];
        packet
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::hex;

    #[test]
    fn keys_are_those_of_rfc_9001_appendix_a() {
        let id = [0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08];
        let initial = hmac(&V1, &[&id]);
        let secret = expand(&initial, "client in", 32);
        assert_eq!(hex(&secret), "c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea");
        assert_eq!(hex(&expand(&secret, "quic key", 16)[..16]), "1f369613dd76d5467730efcbe3b1a22d");
        assert_eq!(hex(&expand(&secret, "quic iv", 12)[..12]), "fa044b2f42a3fd3b46fb255c");
        assert_eq!(hex(&expand(&secret, "quic hp", 16)[..16]), "9f50449e04a0e810283a1e9933adedd2");
    }

    #[test]
    fn what_is_sealed_opens_and_what_was_changed_does_not() {
        let [client, server] = Keys::of(by_number(1).unwrap(), b"id");
        let head = [0xc0, 0, 0, 0, 1, 0, 0, 0, 0x40, 44, 5];
        let mut packet = client.seal(&head, &[7; 27]);
        assert_eq!(client.open(&packet, head.len() - 1), Some(vec![7; 27]));
        assert_eq!(server.open(&packet, head.len() - 1), None);
        packet[30] ^= 1;
        assert_eq!(client.open(&packet, head.len() - 1), None);
    }
}
