//! The Internet checksum. Specification: RFC 1071; RFC 8200 (8.1) for the pseudo header of IPv6.
use alloc::vec::Vec;
use core::net::IpAddr;

/// The checksum of those bytes.
pub(super) fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u64 = 0;
    for pair in bytes.chunks(2) {
        let high = u64::from(pair.first().copied().unwrap_or(0));
        let low = u64::from(pair.get(1).copied().unwrap_or(0));
        sum += high << 8 | low;
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// The checksum of a transport packet, its pseudo header included.
pub(super) fn transport(from: IpAddr, to: IpAddr, protocol: u8, bytes: &[u8]) -> u16 {
    let length = bytes.len() as u32;
    let mut all = Vec::new();
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            all.extend_from_slice(&from.octets());
            all.extend_from_slice(&to.octets());
            all.extend_from_slice(&[0, protocol]);
            all.extend_from_slice(&(length as u16).to_be_bytes());
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            all.extend_from_slice(&from.octets());
            all.extend_from_slice(&to.octets());
            all.extend_from_slice(&length.to_be_bytes());
            all.extend_from_slice(&[0, 0, 0, protocol]);
        }
        _ => {}
    }
    all.extend_from_slice(bytes);
    checksum(&all)
}

/// Puts a checksum at its place.
pub(super) fn put(bytes: &mut [u8], at: usize, sum: u16) {
    for (place, byte) in bytes.iter_mut().skip(at).zip(sum.to_be_bytes()) {
        *place = byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_with_its_checksum_sums_to_zero() {
        // the example of RFC 1071
        assert_eq!(checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), !0xddf2);
        let (from, to) = ("fe80::1".parse().unwrap(), "ff02::1".parse().unwrap());
        let mut bytes = [128, 0, 0, 0, 0, 1, 0, 2, 9];
        let sum = transport(from, to, 58, &bytes);
        put(&mut bytes, 2, sum);
        assert_eq!(transport(from, to, 58, &bytes), 0);
    }
}
