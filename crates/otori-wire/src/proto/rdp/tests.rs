//! Tests of RDP: its connection sequence in the clear, with TLS, and refused.
use super::*;
use crate::proto::framed::tests::{nth, read as talk};

fn tpkt(body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u16 + 4).to_be_bytes();
    [&[3, 0][..], &length, body].concat()
}
fn connection(code: u8, rest: &[u8]) -> Vec<u8> {
    tpkt(&[&[6 + rest.len() as u8, code, 0, 0, 0x12, 0x34, 0][..], rest].concat())
}
fn wide(text: &str, bytes: usize) -> Vec<u8> {
    let mut wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    wide.resize(bytes, 0);
    wide
}
fn connect_initial() -> Vec<u8> {
    let core = [
        &0x0008_0004u32.to_le_bytes()[..],
        &[0x80, 4, 0x60, 3, 1, 0xca, 3, 0xaa],
        &0x0409u32.to_le_bytes(),
        &2600u32.to_le_bytes(),
        &wide("SHOP-7", 32),
        &4u32.to_le_bytes(),
        &0u32.to_le_bytes(),
        &12u32.to_le_bytes(),
        &[0; 64],
        &[1, 0xca, 1, 0, 0, 0, 0, 0, 15, 0, 7, 0, 0x21, 0],
        &wide("55274-OEM", 64),
        &[6, 0, 0, 0, 0, 0],
    ]
    .concat();
    let block = |kind: u16, data: &[u8]| {
        [&kind.to_le_bytes()[..], &(data.len() as u16 + 4).to_le_bytes(), data].concat()
    };
    let channels = b"\x02\0\0\0rdpdr\0\0\0\0\0\x80\x80cliprdr\0\0\0\xa0\xc0";
    let data = [block(0xc001, &core), block(0xc003, channels)].concat();
    let length = 0x8000 | data.len() as u16;
    let gcc =
        [&b"\0\x05\0\x14\x7c\0\x01\x81\x2a\0\x08\0\x10\0\x01\xc0\0Duca"[..], &length.to_be_bytes(), &data];
    let octets = |tag: &[u8], data: &[u8]| [tag, &[0x82], &(data.len() as u16).to_be_bytes(), data].concat();
    let user = octets(&[4], &gcc.concat());
    let inside = [&[4, 1, 1, 4, 1, 1, 1, 1, 0xff, 0x30, 0, 0x30, 0, 0x30, 0][..], &user].concat();
    tpkt(&[&[2, 0xf0, 0x80][..], &octets(&[0x7f, 0x65], &inside)].concat())
}

#[test]
fn the_connection_sequence_is_told_step_by_step() {
    let ask = connection(0xe0, b"Cookie: mstshash=eltons\r\n\x01\x01\x08\0\0\0\0\0");
    let answer = connection(0xd0, &[2, 0, 8, 0, 0, 0, 0, 0]);
    let agree = tpkt(&[2, 0xf0, 0x80, 0x7f, 0x66, 3, 10, 1, 0]);
    let request = connect_initial();
    let talk = talk(
        parser,
        &[
            (ToServer, &ask),
            (ToClient, &answer),
            (ToServer, &request),
            (ToClient, &agree),
            (ToServer, b"\x03more"),
        ],
    );
    assert_eq!(talk.opened(), 4);
    assert_eq!(nth(&talk, 0).fields.get(COOKIE), Some(&b"eltons"[..]));
    let Some(Said::ConnectRequest { client, channels }) = nth(&talk, 2).detail_of::<Said>() else {
        panic!("{:?}", nth(&talk, 2).detail_of::<Said>())
    };
    assert_eq!((client.width, client.height, client.color_depth), (1152, 864, Some(15)));
    assert_eq!((client.name.as_slice(), client.id.as_slice()), (&b"SHOP-7"[..], &b"55274-OEM"[..]));
    assert_eq!(
        (client.product, client.hint(), name::system(client.build)),
        (1, Some("lan"), Some("Windows XP"))
    );
    assert_eq!(channels, &[b"rdpdr".to_vec(), b"cliprdr".to_vec()]);
    assert_eq!(nth(&talk, 3).detail_of::<Said>(), Some(&Said::ConnectResponse));
}

#[test]
fn refusals_end_it_and_tls_goes_on() {
    let ask = connection(0xe0, &[1, 0, 8, 0, 3, 0, 0, 0]);
    let refusal = connection(0xd0, &[3, 0, 8, 0, 5, 0, 0, 0]);
    let refused = talk(parser, &[(ToServer, &ask), (ToClient, &refusal)]);
    assert_eq!(nth(&refused, 1).detail_of::<Said>(), Some(&Said::Refusal { code: 5 }));
    let secure = connection(0xd0, &[2, 0x1f, 8, 0, 2, 0, 0, 0]);
    let secured =
        talk(parser, &[(ToServer, &ask), (ToClient, &secure), (ToServer, b"\x16\x03\x01\0\x04abcd")]);
    assert_eq!(
        nth(&secured, 1).detail_of::<Said>(),
        Some(&Said::InitialResponse { chosen: Some((2, 0x1f)) })
    );
    assert_eq!(secured.opened(), 2);
    assert_eq!(name::bits(name::RESPONSE_FLAGS, 0x1f).len(), 4);
}

#[test]
fn other_protocols_over_x224_are_not_taken_for_it() {
    assert_eq!(probe(ToServer, &connection(0xe0, b"Cookie: mstshash=a\r\n")), Probe::Yes);
    assert_eq!(probe(ToServer, &connection(0xe0, &[])), Probe::Yes);
    assert_eq!(probe(ToServer, &connection(0xe0, &[0xc0, 1, 10, 0xc1, 2, 1, 0])), Probe::No);
    assert_eq!(probe(ToServer, &connection(0xd0, &[2, 0, 8, 0, 1, 0, 0, 0])), Probe::No);
    assert_eq!(probe(ToClient, &connection(0xd0, &[2, 0, 8, 0, 1, 0, 0, 0])), Probe::Yes);
    assert_eq!(probe(ToServer, &[3, 0, 0]), Probe::More);
}
