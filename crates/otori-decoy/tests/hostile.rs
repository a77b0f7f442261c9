//! Every parser of the fronts against changed and cut input: nothing panics, nothing grows beyond its bound.
//! The same parsers are fuzzed by `fuzz/targets/fronts.rs`.
use otori_decoy::ambient::{Fixed, Random};
use otori_decoy::front::http::body::{Body, uploaded_files};
use otori_decoy::front::http::request::{FIELDS_MAX, parse_head};
use otori_decoy::front::http::{decode, suspicion::suspect};
use otori_decoy::front::telnet::login::{Login, LoginTexts};
use otori_decoy::front::telnet::protocol::Decoder;
use otori_decoy::recording::{Recorder, Stream};
use otori_decoy::typed::TypedLines;
use otori_event::Timestamp;
use std::sync::Arc;

static SEEDS: &[&[u8]] = &[
    b"\xff\xfb\x1f\xff\xfa\x1f\x00\x84\x00\x32\xff\xf0root\r\nvizxv\r\0enable\r\n\x1b[A\x7f\x15",
    b"POST /cgi-bin/ping.cgi?a=%3Bwget+x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n0123456789",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nAuthorization: Basic YWRtaW46YWRtaW4=\r\n\r\n4;x=y\r\nWiki\r\n0\r\nA: b\r\n\r\n",
    b"PUT /x HTTP/1.0\r\nContent-Type: multipart/form-data; boundary=\"B\"\r\nContent-Length: 90\r\n\r\n--B\r\nContent-Disposition: form-data; filename=\"f\"\r\n\r\n\x7fELF\r\n--B--\r\n",
];

fn changed(random: &Arc<Fixed>, seed: &[u8]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..1 + random.next_u64() % 8 {
        let at = random.next_u64() as usize % bytes.len().max(1);
        match random.next_u64() % 5 {
            0 => bytes.truncate(at),
            1 => bytes.insert(at.min(bytes.len()), random.next_u64() as u8),
            2 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (random.next_u64() % 8)),
            3 => bytes.extend_from_within(at.min(bytes.len())..),
            _ => bytes.extend_from_slice(SEEDS[random.next_u64() as usize % SEEDS.len()]),
        }
    }
    bytes
}

#[test]
fn no_bytes_break_the_parsers() {
    let random = Fixed::new(Timestamp(0), 7);
    for round in 0..40_000 {
        let bytes = changed(&random, SEEDS[round % SEEDS.len()]);
        let mut decoder = Decoder::default();
        let mut data = Vec::new();
        for chunk in bytes.chunks(1 + random.next_u64() as usize % 40) {
            data.extend(decoder.push(chunk).data);
        }
        assert!(data.len() <= bytes.len());
        TypedLines::default().push(&data);
        let mut recorder = Recorder::new(4096, Timestamp(0), 80, 24, "t");
        recorder.bytes(0, Stream::Input, &data);
        assert!(recorder.take().len() <= 4096);
        let texts = LoginTexts { banner: vec![], user_prompt: vec![], password_prompt: vec![] };
        let mut out = Vec::new();
        Login::start(texts, &mut out).feed(&mut data.into(), &mut out);
        decode::form(&bytes);
        decode::basic_credentials(&bytes);
        let Ok(Some((head, length))) = parse_head(&bytes, 4096) else { continue };
        assert!(head.fields.len() <= FIELDS_MAX && length <= bytes.len());
        suspect(&head, &bytes[length..]);
        uploaded_files(&head, &bytes[length..]);
        if let Ok(mut body) = Body::new(head.framing, 64) {
            let used = body.push(&bytes[length..]).unwrap_or(0);
            assert!(used <= bytes.len() - length && body.into_bytes().len() <= 64);
        }
    }
}
