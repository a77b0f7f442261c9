//! Tests of the TLS parser.
use super::*;

/// A ClientHello for `name`, in records of at most `record` bytes.
pub(crate) fn client_hello(name: &[u8], record: usize) -> Vec<u8> {
    let mut extensions = Vec::new();
    let entry = name.len() as u16;
    extensions.extend_from_slice(&[0, 0]);
    for length in [entry + 5, entry + 3] {
        extensions.extend_from_slice(&length.to_be_bytes());
    }
    extensions.push(0);
    extensions.extend_from_slice(&entry.to_be_bytes());
    extensions.extend_from_slice(name);
    let mut body = vec![3, 3];
    body.extend_from_slice(&[7; 32]);
    body.extend_from_slice(&[0, 0, 2, 0x13, 1, 1, 0]);
    body.extend_from_slice(&(extensions.len() as u16).to_be_bytes());
    body.extend_from_slice(&extensions);
    let mut message = vec![1, 0];
    message.extend_from_slice(&(body.len() as u16).to_be_bytes());
    message.extend_from_slice(&body);
    message
        .chunks(record)
        .flat_map(|piece| {
            let mut bytes = vec![22, 3, 1];
            bytes.extend_from_slice(&(piece.len() as u16).to_be_bytes());
            bytes.extend_from_slice(piece);
            bytes
        })
        .collect()
}

fn check(pieces: &[&[u8]], expect: Option<&str>) {
    let mut parser = TlsParser::default();
    let mut transactions = Transactions::default();
    for piece in pieces {
        parser.feed(Direction::ToServer, piece, &mut transactions);
    }
    let name = transactions.iter().next().and_then(|t| t.fields.get(SNI));
    assert_eq!(name.map(String::from_utf8_lossy).as_deref(), expect);
}

#[test]
fn the_name_is_found_however_the_hello_is_cut() {
    let whole = client_hello(b"bot.example.org", 16_384);
    check(&[&whole], Some("bot.example.org"));
    for cut in 1..whole.len() {
        check(&[&whole[..cut], &whole[cut..]], Some("bot.example.org"));
    }
    check(&[&client_hello(b"bot.example.org", 10)], Some("bot.example.org"));
    check(&[&whole[..whole.len() - 1]], None);
    assert_eq!(probe(Direction::ToServer, &whole), Probe::Yes);
    assert_eq!(probe(Direction::ToServer, b"\x16\x03"), Probe::More);
    assert_eq!(probe(Direction::ToServer, b"SSH-2.0-x"), Probe::No);
}

#[test]
fn no_cut_and_no_flipped_byte_panics() {
    let seed = client_hello(b"bot.example.org", 40);
    for at in 0..seed.len() {
        for value in [0, 1, 2, 0x7f, 0xff] {
            let mut bytes = seed.clone();
            bytes[at] = value;
            for direction in Direction::BOTH {
                let mut parser = TlsParser::default();
                let mut transactions = Transactions::default();
                parser.feed(direction, &bytes[..at], &mut transactions);
                parser.feed(direction, &bytes[at..], &mut transactions);
            }
        }
    }
}

#[test]
fn a_hello_in_the_form_of_ssl_2_is_read() {
    let hello = [&[0x80, 28, 1, 3, 1, 0, 3, 0, 0, 0, 16, 0, 0, 5][..], &[7; 16]].concat();
    assert_eq!(probe(Direction::ToServer, &hello), Probe::Yes);
    for size in [1, 4, 99] {
        let (mut parser, mut transactions) = (parser(), Transactions::default());
        hello.chunks(size).for_each(|piece| _ = parser.feed(Direction::ToServer, piece, &mut transactions));
        parser.feed(Direction::ToServer, &[22, 3, 1, 0, 1, 0], &mut transactions);
        let transaction = transactions.iter().next().unwrap();
        assert_eq!(transaction.fields.number(VERSION_CLIENT), Some(0x0301), "by {size}");
        assert!(transaction.anomalies.is_empty());
    }
}

#[test]
fn names_that_hide_others_are_known() {
    for (name, expect) in [
        (&b"cloudflare-ech.com"[..], true),
        (b"Cloudflare-ECH.com.", true),
        (b"a.cloudflare-ech.com", false),
        (b"example.com", false),
        (b"", false),
    ] {
        assert_eq!(hides_a_name(name), expect, "{}", String::from_utf8_lossy(name));
    }
}
