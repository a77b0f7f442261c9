//! Tests of the HTTP parser: whole, in pieces, pipelined, hostile.
use super::*;
use crate::transaction::FieldId;

const REQUEST: &[u8] =
    b"POST /a/../b%61r?x=1 HTTP/1.1\r\nHost: Camera.Example:8080\r\nUser-Agent: one\r\n two\r\n\
    Cookie: c=1\r\nContent-Length: 5\r\n\r\nhello";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nServer: s\r\nTransfer-Encoding: chunked\r\n\r\n\
    3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n";

fn run(pieces: &[(Direction, &[u8])]) -> Transactions {
    let mut parser = HttpParser::default();
    let mut transactions = Transactions::default();
    for (direction, bytes) in pieces {
        assert_eq!(parser.feed(*direction, bytes, &mut transactions), bytes.len());
    }
    for direction in Direction::BOTH {
        parser.end(direction, &mut transactions);
    }
    transactions
}

fn check(pieces: &[(Direction, &[u8])], place: usize, expect: &[(FieldId, &str)]) {
    let transactions = run(pieces);
    let transaction = transactions.iter().nth(place).unwrap();
    for (id, value) in expect {
        let found = transaction.fields.get(*id).map(String::from_utf8_lossy);
        assert_eq!(found.as_deref(), Some(*value), "{id:?}");
    }
}

const EXPECT: &[(FieldId, &str)] = &[
    (METHOD, "POST"),
    (URI, "/bar?x=1"),
    (URI_RAW, "/a/../b%61r?x=1"),
    (HOST, "camera.example"),
    (HOST_RAW, "Camera.Example:8080"),
    (USER_AGENT, "one two"),
    (REQUEST_BODY, "hello"),
    (REQUEST_HEADER, "Host: Camera.Example:8080\r\nUser-Agent: one two\r\nContent-Length: 5\r\n"),
    (REQUEST_HEADER_NAMES, "\r\nHost\r\nUser-Agent\r\nCookie\r\nContent-Length\r\n\r\n"),
    (STATUS, "200"),
    (RESPONSE_BODY, "abcdefg"),
    (crate::proto::file::DATA_TO_CLIENT, "abcdefg"),
];

#[test]
fn a_request_and_its_answer() {
    check(&[(Direction::ToServer, REQUEST), (Direction::ToClient, RESPONSE)], 0, EXPECT);
}

#[test]
fn the_same_byte_by_byte() {
    let one_by_one = |to, bytes: &'static [u8]| bytes.chunks(1).map(move |byte| (to, byte));
    let mut pieces: Vec<_> = one_by_one(Direction::ToServer, REQUEST).collect();
    pieces.extend(one_by_one(Direction::ToClient, RESPONSE));
    check(&pieces, 0, EXPECT);
}

#[test]
fn pipelined_requests_get_their_own_answers() {
    let requests = b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nHEAD /2 HTTP/1.1\r\nHost: b\r\n\r\nGET /3 HTTP/1.1\r\nHost: c\r\n\r\n";
    let answers = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nxx\
        HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nHTTP/1.1 500 Oh\r\n\r\nrest";
    let pieces: &[(Direction, &[u8])] = &[(Direction::ToServer, requests), (Direction::ToClient, answers)];
    check(pieces, 0, &[(URI, "/1"), (HOST, "a"), (STATUS, "404"), (RESPONSE_BODY, "xx")]);
    check(pieces, 1, &[(URI, "/2"), (HOST, "b"), (STATUS, "200")]);
    check(pieces, 2, &[(URI, "/3"), (HOST, "c"), (STATUS, "500"), (RESPONSE_BODY, "rest")]);
}

#[test]
fn hostile_shapes_are_still_read() {
    let to = Direction::ToServer;
    check(
        &[(to, b"GET http://Evil.Example/x HTTP/1.0\nhost: other\n\n")],
        0,
        &[(HOST, "evil.example"), (URI, "/x")],
    );
    check(
        &[(to, b"\r\n\r\nGET   /a b c   HTTP/1.1\r\nno colon\r\nHost:x\r\n\r\n")],
        0,
        &[(URI, "/a b c"), (HOST, "x")],
    );
    check(&[(to, b"GET /simple\r\n")], 0, &[(URI, "/simple")]);
    let long = [b"GET /".as_slice(), &vec![b'a'; 100_000], b" HTTP/1.1\r\nHost: h\r\n\r\n"].concat();
    assert_eq!(run(&[(to, &long)]).iter().count(), 1);
}

#[test]
fn blanks_and_junk_are_read_as_clients_do() {
    let junk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3x\r\nabc\r\n2 y\r\nde\r\n0\r\n\r\n";
    check(&[(Direction::ToClient, junk)], 0, &[(RESPONSE_BODY, "abcde")]);
    let folded = b"HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n \r\n chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    check(&[(Direction::ToClient, folded)], 0, &[(RESPONSE_BODY, "abc")]);
    let blank = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n \r\n\r\nabc";
    check(&[(Direction::ToClient, blank)], 0, &[(RESPONSE_BODY, "abc")]);
    let query = b"GET /a?x=%41%20b HTTP/1.1\r\nHost: h\r\n\r\n";
    check(&[(Direction::ToServer, query)], 0, &[(URI, "/a?x=A b"), (URI_RAW, "/a?x=%41%20b")]);
}

#[test]
fn coded_bodies_are_decoded_and_others_come_as_they_are() {
    let coded = |coding: &str, body: &[u8]| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n\r\n");
        let answer = [head.as_bytes(), body].concat();
        let transactions = run(&[(Direction::ToServer, REQUEST), (Direction::ToClient, &answer)]);
        let found = transactions.iter().next().unwrap().fields.get(RESPONSE_BODY).unwrap().to_vec();
        String::from_utf8(found).unwrap()
    };
    let zlib = miniz_oxide::deflate::compress_to_vec_zlib(b"chmod +x bot", 6);
    assert_eq!(coded("deflate", &zlib), "chmod +x bot");
    assert_eq!(coded("gzip", b"x"), "x", "what waits for a head comes out at the end");
}

#[test]
fn a_full_list_of_transactions_stops_the_reader() {
    let many = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(300);
    let mut parser = HttpParser::default();
    let mut transactions = Transactions::default();
    let taken = parser.feed(Direction::ToServer, &many, &mut transactions);
    assert_eq!(taken, many.len() / 300 * crate::limits::TRANSACTIONS_PER_FLOW);
    transactions.evict();
    assert!(parser.feed(Direction::ToServer, &many[taken..], &mut transactions) > 0);
}

#[test]
fn no_cut_and_no_flipped_byte_panics() {
    for (to, seed) in [(Direction::ToServer, REQUEST), (Direction::ToClient, RESPONSE)] {
        for at in 0..seed.len() {
            for value in [0, b'\r', b'\n', b' ', b':', b'%', b'f', 0xff] {
                let mut bytes = seed.to_vec();
                bytes[at] = value;
                run(&[(to, &bytes[..at]), (to, &bytes[at..])]);
            }
        }
    }
}
