//! Talks of services that hosts have for each other: keys, tickets, directories, calls, data bases, files, mail, screens.
use super::{Said, ToClient, ToServer, check, check_rounds};

/// A value of BER with a short length.
fn ber(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    assert!(body.len() < 128);
    [&[tag, body.len() as u8][..], &body].concat()
}

#[test]
fn key_exchanges() {
    let message = |version: u8, exchange: u8, payloads: &[(u8, &[u8])]| {
        let mut body = Vec::new();
        for (place, (_, bytes)) in payloads.iter().enumerate() {
            let next = payloads.get(place + 1).map_or(0, |(kind, _)| *kind);
            body.extend_from_slice(&[next, 0, 0, bytes.len() as u8 + 4]);
            body.extend_from_slice(bytes);
        }
        let length = (28 + body.len() as u32).to_be_bytes();
        let first = payloads[0].0;
        [&[1; 8][..], &[2; 8], &[first, version, exchange, 0, 0, 0, 0, 0], &length, &body].concat()
    };
    let first = [
        &[0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 28, 1, 1, 0, 1, 0, 0, 0, 20, 1, 1, 0, 0][..],
        &[0x80, 1, 0, 7, 0x80, 14, 0, 128, 0x80, 4, 0, 2],
    ]
    .concat();
    let first = message(0x10, 2, &[(1, &first), (13, &[7; 16]), (4, &[9; 96]), (10, &[5; 20])]);
    let chosen = [
        &[0, 0, 0, 36, 1, 1, 0, 3][..],
        &[3, 0, 0, 12, 1, 0, 0, 12, 0x80, 14, 1, 0],
        &[3, 0, 0, 8, 2, 0, 0, 5, 0, 0, 0, 8, 4, 0, 0, 14],
    ]
    .concat();
    let notice = [0, 0, 0x40, 4, 7, 7];
    let second = message(0x20, 34, &[(33, &chosen), (34, &[9; 96]), (40, &[5; 20]), (41, &notice)]);
    let round =
        [(ToServer, first.clone()), (ToClient, first), (ToServer, second.clone()), (ToClient, second)];
    check("IKE", 17, [500, 500], &[], &round);
}

#[test]
fn tickets() {
    let text = |text: &[u8]| ber(0x1b, &[text]);
    let name = |place: u8, parts: &[&[u8]]| {
        let list = ber(0xa1, &[&ber(0x30, parts)]);
        ber(place, &[&ber(0x30, &[&[0xa0, 3, 2, 1, 1], &list])])
    };
    let (client, server) = (name(0xa1, &[&text(b"cam")]), name(0xa3, &[&text(b"krbtgt"), &text(b"R")]));
    let body = ber(0x30, &[&client, &ber(0xa2, &[&text(b"R")]), &server]);
    let numbers = [0xa1, 3, 2, 1, 5, 0xa2, 3, 2, 1, 10];
    let ask = ber(0x6a, &[&ber(0x30, &[&numbers, &ber(0xa4, &[&body])])]);
    let failure = ber(
        0x7e,
        &[&ber(0x30, &[&[0xa6, 3, 2, 1, 25], &ber(0xa9, &[&text(b"R")]), &name(0xaa, &[&text(b"krbtgt")])])],
    );
    check("Kerberos", 17, [41_100, 88], &[], &[(ToServer, ask), (ToClient, failure)]);
}

#[test]
fn directories() {
    let text = |text: &[u8]| ber(4, &[text]);
    let message = |operation: &[u8]| ber(0x30, &[&[2, 1, 3], operation]);
    let limits = [10, 1, 2, 10, 1, 0, 2, 1, 0, 2, 1, 5, 1, 1, 0];
    let kinds = ber(0x30, &[&text(b"cn"), &text(b"mail")]);
    let filter = ber(0x87, &[b"objectClass"]);
    let search = message(&ber(0x63, &[&text(b"dc=example,dc=com"), &limits, &filter, &kinds]));
    let values = ber(0x31, &[&text(b"cam"), &text(b"era")]);
    let entry = ber(0x30, &[&ber(0x30, &[&text(b"cn"), &values])]);
    let entry = message(&ber(0x64, &[&text(b"cn=cam,dc=example"), &entry]));
    let end = message(&ber(0x65, &[&[10, 1, 4], &text(b""), &text(b"Size limit exceeded")]));
    let round = [(ToServer, search), (ToClient, [entry.clone(), entry].concat()), (ToClient, end)];
    check("LDAP", 6, [41_101, 389], &[], &round);
}

#[test]
fn calls_of_interfaces() {
    let message = |kind: u8, call: u8, body: &[u8]| {
        [&[5, 0, kind, 3, 0x10, 0, 0, 0, 16 + body.len() as u8, 0, 0, 0, call, 0, 0, 0][..], body].concat()
    };
    let head = [0xb8, 0x10, 0xb8, 0x10, 0, 0, 0, 0, 1, 0, 0, 0, 7, 0, 1, 0];
    let bind = [&head[..], &[8; 16], &[2, 0, 0, 0], &[9; 16], &[2, 0, 0, 0]].concat();
    let head = [0xb8, 0x10, 0xb8, 0x10, 0, 0, 0, 0, 4, 0, b'1', b'3', b'5', 0, 0, 0, 1, 0, 0, 0];
    let bound = [&head[..], &[0; 4], &[9; 16], &[2, 0, 0, 0]].concat();
    let ask = [&[0, 0, 0, 0, 7, 0, 12, 0][..], b"arguments"].concat();
    let answer = [&[0, 0, 0, 0, 7, 0, 0, 0][..], b"results"].concat();
    let round = [
        (ToServer, message(11, 1, &bind)),
        (ToClient, message(12, 1, &bound)),
        (ToServer, message(0, 2, &ask)),
        (ToClient, message(2, 2, &answer)),
    ];
    check("DCE/RPC", 6, [41_102, 135], &[], &round);
}

#[test]
fn queries() {
    let message =
        |kind: u8, body: &[u8]| [&[kind][..], &(body.len() as u32 + 4).to_be_bytes(), body].concat();
    let names = b"user\0camera\0database\0home\0\0";
    let start = [&(names.len() as u32 + 8).to_be_bytes()[..], &[0, 3, 0, 0], names].concat();
    let welcome = [
        message(b'R', &[0; 4]),
        message(b'S', b"server_version\x0014.1\0"),
        message(b'K', &[0, 0, 0, 7, 0, 0, 0, 8]),
        message(b'Z', b"I"),
    ];
    let begin = [(ToServer, start), (ToClient, welcome.concat())];
    let rows = [message(b'T', b"\0\x01x"), message(b'D', b"\0\x01abc"), message(b'C', b"SELECT 1\0")];
    let trouble = message(b'E', b"SERROR\0C42703\0Mno such column\0\0");
    let round = [
        (ToServer, message(b'Q', b"select x from y;\0")),
        (ToClient, [rows.concat(), message(b'Z', b"I")].concat()),
        (ToServer, message(b'Q', b"select z from y;\0")),
        (ToClient, [trouble, message(b'S', b"TimeZone\0UTC\0"), message(b'Z', b"I")].concat()),
    ];
    check("PostgreSQL", 6, [41_103, 5432], &begin, &round);
}

#[test]
fn remote_files() {
    let word = |number: u32| number.to_be_bytes().to_vec();
    let opaque = |bytes: &[u8]| [&word(bytes.len() as u32), bytes].concat();
    let record = |body: Vec<u8>| [word(0x8000_0000 | body.len() as u32), body].concat();
    let call = |xid: u32, procedure: u32, args: &[u8]| {
        let head = [xid, 0, 2, 100_003, 3, procedure, 0, 0, 0, 0].map(u32::to_be_bytes).concat();
        record([&head, args].concat())
    };
    let reply = |xid: u32, results: &[u8]| {
        let head = [xid, 1, 0, 0, 0, 0].map(u32::to_be_bytes).concat();
        record([&head, results].concat())
    };
    let round = |number: u32| -> Said {
        let (look, read) = (2 * number, 2 * number + 1);
        let (folder, file) = (opaque(b"folder12"), opaque(b"file1234"));
        let name = [folder, opaque(b"firmware.bin")].concat();
        let place = [file.clone(), word(0), word(0), word(16)].concat();
        // No attributes, sixteen bytes, the last ones.
        let bytes = [word(0), word(0), word(16), word(1), opaque(&[7; 16])].concat();
        vec![
            (ToServer, call(look, 3, &name)),
            (ToClient, reply(look, &[word(0), file].concat())),
            (ToServer, call(read, 6, &place)),
            (ToClient, reply(read, &bytes)),
        ]
    };
    check_rounds("NFS", 6, [41_104, 2049], &[], round);
}

#[test]
fn mail_boxes() {
    let begin = [(ToClient, b"+OK ready\r\n".to_vec())];
    let round = [
        (ToServer, b"LIST\r\n".to_vec()),
        (ToClient, b"+OK 2 messages\r\n1 120\r\n2 200\r\n.\r\n".to_vec()),
        (ToServer, b"top 1 10\r\n".to_vec()),
        (ToClient, b"+OK\r\nSubject: picture of the door\r\n\r\n.\r\n".to_vec()),
        (ToServer, b"DELE 2\r\n".to_vec()),
        (ToClient, b"-ERR no such message\r\n".to_vec()),
    ];
    check("POP3", 6, [41_105, 110], &begin, &round);
}
