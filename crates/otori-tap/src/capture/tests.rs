//! Tests of the capture reader on files made here.
use super::*;

fn pcap() -> Vec<u8> {
    let mut file = Vec::new();
    for field in [0xa1b2_c3d4u32, 0x0004_0002, 0, 0, 65535, 1, 10, 500_000, 3, 60] {
        file.extend_from_slice(&field.to_le_bytes());
    }
    file.extend_from_slice(b"abc");
    file
}

fn pcapng() -> Vec<u8> {
    let block = |kind: u32, body: &[u8]| {
        let total = (12 + body.len()) as u32;
        [&kind.to_le_bytes(), &total.to_le_bytes(), body, &total.to_le_bytes()].concat()
    };
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let mut file = block(0x0a0d_0d0a, &words(&[0x1a2b_3c4d, 1, u32::MAX, u32::MAX]));
    // link type 101, nanoseconds
    file.extend(block(1, &words(&[101, 0, 0x0001_0009, 9, 0])));
    file.extend(block(0x0bad, b"skip"));
    let ns = 10_500_000_000u64;
    let mut packet = words(&[0, (ns >> 32) as u32, ns as u32, 3, 60]);
    packet.extend_from_slice(b"abc\0");
    file.extend(block(6, &packet));
    file
}

fn check(file: &[u8], expect: &[(i64, LinkType, &[u8])], truncated: bool) {
    let mut capture = Capture::open(file).unwrap();
    let mut found = Vec::new();
    while let Some(packet) = capture.next().unwrap() {
        found.push((packet.at.0, packet.link, packet.frame.to_vec()));
    }
    let expect: Vec<_> = expect.iter().map(|(at, link, frame)| (*at, *link, frame.to_vec())).collect();
    assert_eq!((found, capture.truncated), (expect, truncated));
}

#[test]
fn both_formats_are_read() {
    check(&pcap(), &[(10_500_000_000, LinkType::Ethernet, b"abc")], false);
    check(&pcapng(), &[(10_500_000_000, LinkType::Ip, b"abc")], false);
}

#[test]
fn a_cut_file_ends_where_it_is_cut() {
    let file = pcap();
    check(&file[..file.len() - 1], &[], true);
    check(&file[..24], &[], false);
    assert!(matches!(Capture::open(&b"GIF89a"[..]), Err(CaptureError::Format(_))));
    for file in [pcap(), pcapng()] {
        for cut in 4..file.len() {
            for value in [0, 0xff] {
                let mut bytes = file.clone();
                bytes[cut] = value;
                if let Ok(mut capture) = Capture::open(bytes.as_slice()) {
                    while let Ok(Some(_)) = capture.next() {}
                }
            }
        }
    }
}

/// Gives so many bytes at a time, as a pipe may.
struct Sips<'a>(&'a [u8], usize);

impl Read for Sips<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(into.len());
        self.0.read(&mut into[..count])
    }
}

#[test]
fn packets_do_not_depend_on_how_much_is_read_at_a_time() {
    let mut file = pcap()[..24].to_vec();
    let frames: Vec<Vec<u8>> =
        (0..2000usize).map(|n| vec![n as u8; if n == 1000 { READ_BYTES + 9 } else { n % 701 }]).collect();
    for frame in &frames {
        [1, 2, frame.len() as u32, frame.len() as u32]
            .iter()
            .for_each(|word| file.extend(word.to_le_bytes()));
        file.extend(frame);
    }
    for sip in [1, 4096, READ_BYTES, usize::MAX] {
        let mut capture = Capture::open(Sips(&file, sip)).unwrap();
        for frame in &frames {
            assert_eq!(capture.next().unwrap().unwrap().frame, frame.as_slice());
        }
        assert!(capture.next().unwrap().is_none() && !capture.truncated);
    }
}
