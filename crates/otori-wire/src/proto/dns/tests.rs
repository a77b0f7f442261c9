//! Tests of the DNS parser.
use super::*;

/// A question for `bot.example.org`, type A.
const QUESTION: &[u8] =
    b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03bot\x07example\x03org\x00\x00\x01\x00\x01";
/// Its answer: a name pointer, 192.0.2.7.
const ANSWER: &[u8] =
    b"\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x03bot\x07example\x03org\x00\x00\x01\x00\x01\
    \xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x07";

fn framed(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u16).to_be_bytes(), message].concat()
}

fn check(pieces: &[(Direction, &[u8])], names: &[&str]) {
    let mut parser = DnsParser::default();
    let mut transactions = Transactions::default();
    for (direction, bytes) in pieces {
        parser.feed(*direction, bytes, &mut transactions);
    }
    let found: Vec<String> = transactions
        .iter()
        .flat_map(|transaction| transaction.fields.iter())
        .filter(|field| matches!(field.id, QUERY | ANSWER_NAME))
        .map(|field| String::from_utf8_lossy(&field.bytes).into_owned())
        .collect();
    assert_eq!(found, names);
}

#[test]
fn questions_and_answers_over_both_transports() {
    use Direction::{ToClient, ToServer};
    let both = ["bot.example.org", "bot.example.org"];
    check(&[(ToServer, QUESTION), (ToClient, ANSWER)], &both);
    let (question, answer) = (framed(QUESTION), framed(ANSWER));
    check(&[(ToServer, &question), (ToClient, &answer)], &both);
    let (a, b) = question.split_at(7);
    check(&[(ToServer, a), (ToServer, b), (ToServer, &question)], &both);
    assert_eq!(probe(ToServer, QUESTION), Probe::Yes);
    assert_eq!(probe(ToServer, &question), Probe::Yes);
    assert_eq!(probe(ToClient, ANSWER), Probe::Yes);
    assert_eq!(probe(ToServer, b"GET / HTTP/1.1\r\n"), Probe::No);
}

#[test]
fn circles_and_cuts_end() {
    let mut circle = QUESTION.to_vec();
    circle.truncate(12);
    circle.extend_from_slice(b"\xc0\x0c\x00\x01\x00\x01");
    check(&[(Direction::ToServer, &circle)], &[]);
    for at in 0..ANSWER.len() {
        Message::default().read(&ANSWER[..at], |_| {});
        for value in [0, 1, 0x3f, 0xc0, 0xff] {
            let mut bytes = ANSWER.to_vec();
            bytes[at] = value;
            Message::default().read(&bytes, |_| {});
            message::plausible(&bytes);
            let mut parser = DnsParser::default();
            let mut transactions = Transactions::default();
            parser.feed(Direction::ToClient, &framed(&bytes), &mut transactions);
            parser.feed(Direction::ToClient, &bytes, &mut transactions);
        }
    }
}

#[test]
fn records_with_several_parts_are_read() {
    let mut bytes = b"\0\x01\x81\x80\0\x01\0\x03\0\0\0\0\x01a\0\0\x06\0\x01".to_vec();
    let mut add = |kind: u16, data: &[u8]| {
        bytes.extend_from_slice(b"\xc0\x0c");
        bytes.extend_from_slice(&kind.to_be_bytes());
        bytes.extend_from_slice(&[0, 1, 0, 0, 0, 60]);
        bytes.extend_from_slice(&(data.len() as u16).to_be_bytes());
        bytes.extend_from_slice(data);
    };
    let soa = b"\x02ns\0\x04root\xc0\x0c\0\0\0\x07\0\0\0\x08\0\0\0\x09\0\0\0\x0a\0\0\0\x0b";
    add(6, soa);
    add(33, b"\0\x01\0\x02\0\x50\x03www\0");
    add(44, b"\x04\x02\xab\xcd");
    let mut message = Message::default();
    assert!(message.read(&bytes, |_| {}));
    let [soa, srv, print] = &message.answers[..] else { panic!("{message:?}") };
    assert_eq!((soa.data.as_slice(), soa.responsible.as_slice()), (&b"ns"[..], &b"root.a"[..]));
    assert_eq!(soa.numbers, [7, 8, 9, 10, 11]);
    assert_eq!((srv.data.as_slice(), srv.numbers), (&b"www"[..], [1, 2, 80, 0, 0]));
    assert_eq!((print.data.as_slice(), print.numbers), (&b"\xab\xcd"[..], [4, 2, 0, 0, 0]));
}

#[test]
fn an_answer_to_all_is_no_anomaly_whoever_spoke_first() {
    let of = |mut parser: Box<dyn Parser>| {
        let mut transactions = Transactions::default();
        parser.feed(Direction::ToServer, ANSWER, &mut transactions);
        parser.feed(Direction::ToClient, QUESTION, &mut transactions);
        transactions.iter().flat_map(|transaction| transaction.anomalies.clone()).collect::<Vec<_>>()
    };
    assert_eq!(of(mdns::parser()), [""; 0]);
    assert_eq!(of(Box::<DnsParser>::default()), ["dns.not_request", "dns.not_response"]);
}
