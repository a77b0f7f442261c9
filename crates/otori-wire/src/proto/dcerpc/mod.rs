//! DCE/RPC over TCP (version 5) and UDP (version 4): a call and its answer are a transaction, and so is a bind.
//!
//! Key types: `DcerpcReader`, [`Calls`]. Neighbour: `pdu` (one fragment). The Open Group C706, chapter 12; names as Suricata's
//! manual has them ("DCERPC Keywords").
mod pdu;

use super::{
    FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record,
    framed::{Length, MessageReader, Messages, OpenRequests},
};
use crate::{
    flow::Direction,
    limits::{DCERPC_INTERFACES, DCERPC_STUB_BYTES},
    transaction::{FieldId, Progress, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use pdu::{HEAD, Interface, Pdu, kind};

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Dcerpc, direction as u8 * 64 + index)
}
/// The interface that is called: 16 bytes of UUID and 2 of its version, in the order in which they are written.
const INTERFACE: FieldId = field(ToServer, 0);
const OPERATION: FieldId = field(ToServer, 1);
const STUB: u8 = 2;
const PDU: u8 = 3;
const HDR: u8 = 4;
const DATA: u8 = 5;

const fn row(direction: Direction, index: u8, keyword: &'static str) -> FieldRow {
    FieldRow::new(direction, field(direction, index), keyword)
}
const fn stub(direction: Direction) -> FieldRow {
    FieldRow { aliases: &["dce_stub_data"], ..row(direction, STUB, "dcerpc.stub_data") }
}
/// All fields. The keyword `dcerpc.iface` is written in terms of the first.
pub static FIELDS: &[FieldRow] = &[
    FieldRow::new(ToServer, INTERFACE, "dcerpc.interface"),
    stub(ToServer),
    stub(ToClient),
    row(ToServer, PDU, "frame:dcerpc.pdu"),
    row(ToClient, PDU, "frame:dcerpc.pdu"),
    row(ToServer, HDR, "frame:dcerpc.hdr"),
    row(ToClient, HDR, "frame:dcerpc.hdr"),
    row(ToServer, DATA, "frame:dcerpc.data"),
    row(ToClient, DATA, "frame:dcerpc.data"),
];

/// All numbers. The keyword `dcerpc.opnum` is written in terms of it.
pub static NUMBERS: &[NumberRow] =
    &[NumberRow::new(ToServer, OPERATION, "dcerpc.operation", NumberForm::Plain)];

/// A head of either version.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    match bytes {
        [] => Probe::More,
        [4, ..] if pdu::is_datagram(bytes) => Probe::Yes,
        [5] | [5, 0] => Probe::More,
        [5, 0, ..] if bytes.len() < HEAD => Probe::More,
        [5, 0, ..] if pdu::Head::read(bytes).is_some_and(|head| head.is_plausible()) => Probe::Yes,
        _ => Probe::No,
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Messages::new(DcerpcReader { calls: Calls::new(ProtocolId::Dcerpc) }))
}

struct DcerpcReader {
    calls: Calls,
}

impl MessageReader for DcerpcReader {
    fn length(&self, _direction: Direction, bytes: &[u8]) -> Length {
        match pdu::Head::read(bytes) {
            Some(head) if head.is_plausible() => Length::Known(head.length),
            Some(_) => Length::Broken,
            None if bytes.first().is_some_and(|version| *version != 5) => Length::Broken,
            None => Length::More,
        }
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let Some(pdu) = Pdu::read(bytes) else {
            let id = transactions.open(ProtocolId::Dcerpc);
            if let Some(transaction) = transactions.get_mut(id) {
                transaction.note("dcerpc.malformed_data");
                transaction.complete_alone(direction);
            }
            return;
        };
        self.calls.pdu(direction, &pdu, bytes, transactions);
    }
    fn end(&mut self, _direction: Direction, transactions: &mut Transactions) {
        for transaction in transactions.iter_mut() {
            Direction::BOTH.into_iter().for_each(|way| transaction.advance(way, Progress::Complete));
        }
    }
}

/// What EVE says of a call or a bind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Call {
    version: u8,
    number: u32,
    /// kinds of the messages
    kinds: [Option<u8>; 2],
    operation: Option<u16>,
    fragments: [u32; 2],
    stub_bytes: [usize; 2],
    interfaces: Vec<Interface>,
    /// version 4: activity and number in it
    activity: Option<([u8; 16], u32)>,
}

impl Call {
    /// Nothing is known yet.
    fn clear(&mut self) {
        let mut interfaces = core::mem::take(&mut self.interfaces);
        interfaces.clear();
        *self = Call { interfaces, ..Call::default() };
    }
}

/// Calls that wait for more, and the interfaces that were bound.
pub(super) struct Calls {
    /// of the transactions: a pipe of SMB carries calls as well
    protocol: ProtocolId,
    open: OpenRequests,
    /// calls whose fragments go on, per direction: number and transaction
    unfinished: [Option<(u32, u64)>; 2],
    bound: Vec<Interface>,
}

impl Calls {
    pub(super) fn new(protocol: ProtocolId) -> Calls {
        Calls { protocol, open: OpenRequests::default(), unfinished: [None; 2], bound: Vec::new() }
    }
    /// Whether bytes that a pipe carries are a call.
    pub(super) fn are_in(bytes: &[u8]) -> bool {
        pdu::Head::read(bytes).is_some_and(|head| head.is_plausible())
    }
    /// Takes all fragments in bytes that a pipe carries.
    pub(super) fn pipe(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let mut rest = bytes;
        while let Some(head) = pdu::Head::read(rest).filter(pdu::Head::is_plausible) {
            let (one, more) = rest.split_at(head.length.min(rest.len()));
            if let Some(pdu) = Pdu::read(one).filter(|_| !transactions.is_full()) {
                self.pdu(direction, &pdu, one, transactions);
            }
            rest = more;
        }
    }
    fn pdu(&mut self, direction: Direction, pdu: &Pdu<'_>, bytes: &[u8], transactions: &mut Transactions) {
        let side = direction.index();
        let name = pdu.call as u16;
        let going_on =
            self.unfinished[side].filter(|(call, _)| *call == pdu.call && !pdu.first).map(|(_, id)| id);
        let known = going_on.or_else(|| (direction == ToClient).then(|| self.open.answered(name)).flatten());
        let id = known.unwrap_or_else(|| transactions.open(self.protocol));
        if direction == ToServer
            && going_on.is_none()
            && let Some(oldest) = self.open.ask(name, id)
            && let Some(transaction) = transactions.get_mut(oldest)
        {
            transaction.advance(ToClient, Progress::Complete);
        }
        self.unfinished[side] = (!pdu.last).then_some((pdu.call, id));
        let Some(transaction) = transactions.get_mut(id) else { return };
        let Some(call) = transaction.detail_again(Call::clear) else { return };
        (call.version, call.number, call.kinds[side]) = (pdu.version, pdu.call, Some(pdu.kind));
        call.fragments[side] += 1;
        call.stub_bytes[side] += pdu.stub.len();
        call.operation = pdu.operation.or(call.operation);
        call.activity = pdu.activity.or(call.activity);
        self.bind(pdu, call);
        let fields = &mut transaction.fields;
        fields.write_dear(field(direction, PDU), |out| out.extend_from_slice(bytes));
        let (head, data) = bytes.split_at(pdu.head.min(bytes.len()));
        fields.write_dear(field(direction, HDR), |out| out.extend_from_slice(head));
        fields.write_dear(field(direction, DATA), |out| out.extend_from_slice(data));
        if direction == ToServer && pdu.kind == kind::REQUEST {
            if going_on.is_none() {
                if let Some(operation) = pdu.operation {
                    fields.set_number(OPERATION, u64::from(operation));
                }
                let context = pdu.context;
                let mut bound =
                    self.bound.iter().filter(|bound| Some(bound.context) == context && bound.is_accepted());
                for interface in pdu.interface.iter().chain(bound.next_back()) {
                    fields.write(INTERFACE, |out| interface.key(out));
                }
            }
            fields.grow(field(ToServer, STUB), pdu.stub, DCERPC_STUB_BYTES);
        }
        if direction == ToClient && pdu.kind == kind::RESPONSE {
            fields.grow(field(ToClient, STUB), pdu.stub, DCERPC_STUB_BYTES);
        }
        if !pdu.last {
            transaction.advance(direction, Progress::Body);
            return;
        }
        transaction.fields.finish(field(direction, STUB));
        match known.is_none() && (direction == ToClient || pdu.is_unanswered()) {
            true => transaction.complete_alone(direction),
            false => transaction.advance(direction, Progress::Complete),
        }
    }
    /// What a bind offers, and what its answer accepts.
    fn bind(&mut self, pdu: &Pdu<'_>, call: &mut Call) {
        if !pdu.offered.is_empty() {
            call.interfaces.clear();
            call.interfaces.extend(pdu.offered.interfaces());
            let room = DCERPC_INTERFACES.saturating_sub(self.bound.len());
            self.bound.extend(pdu.offered.interfaces().take(room));
        }
        for (interface, result) in call.interfaces.iter_mut().zip(pdu.results.results()) {
            interface.result = Some(result);
            let of = |bound: &&mut Interface| bound.context == interface.context && bound.result.is_none();
            if let Some(bound) = self.bound.iter_mut().find(of) {
                bound.result = Some(result);
            }
        }
    }
}

/// Whether a transaction is a call or a bind.
pub(super) fn is_in(transaction: &Transaction) -> bool {
    transaction.detail_of::<Call>().is_some()
}

/// The `dcerpc` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let Some(call) = transaction.detail_of::<Call>() else { return };
    let [asked, answered] = call.kinds;
    record.text("request", asked.map_or("REQUEST_LOST", kind::name).as_bytes());
    if let Some((activity, number)) = call.activity {
        record.text("activityuuid", &pdu::uuid(&activity));
        record.number("seqnum", number.into());
    }
    if !call.interfaces.is_empty() {
        record.list("interfaces", call.interfaces.len(), &mut |place, record| {
            let Some(interface) = call.interfaces.get(place) else { return };
            record.text("uuid", &pdu::uuid(&interface.uuid));
            record.text("version", format!("{}.{}", interface.major, interface.minor).as_bytes());
            if let Some(result) = interface.result {
                record.number("ack_result", result.into());
            }
        });
    }
    let counts = |record: &mut dyn Record, side: usize| {
        record.number("frag_cnt", call.fragments[side].into());
        record.number("stub_data_size", call.stub_bytes[side] as i64);
    };
    if asked == Some(kind::REQUEST) {
        record.object("req", &mut |record| {
            if let Some(operation) = call.operation {
                record.number("opnum", operation.into());
            }
            counts(record, 0);
        });
    }
    record.text("response", answered.map_or("UNREPLIED", kind::name).as_bytes());
    if answered == Some(kind::RESPONSE) {
        record.object("res", &mut |record| counts(record, 1));
    }
    if call.version == 5 {
        record.number("call_id", call.number.into());
    }
    record.text("rpc_version", if call.version == 4 { b"4.0" } else { b"5.0" });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read as talk, read_datagrams};

    /// 367abb81-9844-35f1-ad32-98f038001003
    const SERVICES: [u8; 16] =
        [0x81, 0xbb, 0x7a, 0x36, 0x44, 0x98, 0xf1, 0x35, 0xad, 0x32, 0x98, 0xf0, 0x38, 0, 0x10, 3];

    fn wrap(kind: u8, flags: u8, call: u8, body: &[u8]) -> Vec<u8> {
        let length = (HEAD + body.len()) as u8;
        [&[5, 0, kind, flags, 0x10, 0, 0, 0, length, 0, 0, 0, call, 0, 0, 0][..], body].concat()
    }
    fn bind() -> Vec<u8> {
        let head = [0xb8, 0x10, 0xb8, 0x10, 0, 0, 0, 0, 1, 0, 0, 0, 7, 0, 1, 0];
        wrap(11, 3, 1, &[&head[..], &SERVICES, &[2, 0, 0, 0], &[9; 16], &[2, 0, 0, 0]].concat())
    }
    fn accepted() -> Vec<u8> {
        let head = [0xb8, 0x10, 0xb8, 0x10, 0, 0, 0, 0, 4, 0, b'1', b'3', b'5', 0, 0, 0, 1, 0, 0, 0];
        wrap(12, 3, 1, &[&head[..], &[0; 4], &[9; 16], &[2, 0, 0, 0]].concat())
    }
    fn request(flags: u8, stub: &[u8]) -> Vec<u8> {
        wrap(0, flags, 2, &[&[0, 0, 0, 0, 7, 0, 12, 0][..], stub].concat())
    }

    #[test]
    fn a_call_has_the_interface_that_was_bound() {
        let answer = wrap(2, 3, 2, &[&[0, 0, 0, 0, 7, 0, 0, 0][..], b"yes"].concat());
        let talk = talk(
            parser,
            &[
                (ToServer, &bind()),
                (ToClient, &accepted()),
                (ToServer, &request(1, b"cmd")),
                (ToServer, &request(2, b".exe")),
                (ToClient, &answer),
            ],
        );
        assert_eq!(talk.opened(), 2);
        let bound = nth(&talk, 0).detail_of::<Call>().unwrap();
        assert_eq!((bound.interfaces[0].result, nth(&talk, 0).is_complete()), (Some(0), true));
        let call = nth(&talk, 1);
        let key = b"\x36\x7a\xbb\x81\x98\x44\x35\xf1\xad\x32\x98\xf0\x38\x00\x10\x03\0\x02";
        assert_eq!(call.fields.get(INTERFACE), Some(&key[..]));
        assert_eq!(call.fields.number(OPERATION), Some(12));
        assert_eq!(call.fields.get(field(ToServer, STUB)), Some(&b"cmd.exe"[..]));
        assert_eq!(call.fields.get(field(ToClient, STUB)), Some(&b"yes"[..]));
        assert!(call.is_complete());
        assert_eq!(pdu::uuid(&bound.interfaces[0].uuid), b"367abb81-9844-35f1-ad32-98f038001003");
        assert_eq!(probe(ToServer, &bind()), Probe::Yes);
        assert_eq!(probe(ToServer, &[5, 0, 99, 3, 0x10, 0, 0, 0, 90, 0, 0, 0, 1, 0, 0, 0]), Probe::No);
    }

    #[test]
    fn datagrams_say_their_interface_themselves() {
        let mut head = vec![4, 0, 8, 0, 0x10, 0, 0, 0];
        head.extend([1; 16]);
        head.extend(SERVICES);
        head.extend([3; 16]);
        head.extend([0, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0xff, 0xff, 0xff, 0xff, 4, 0, 0, 0, 0, 0]);
        let call = [&head[..], b"stub"].concat();
        let talk = read_datagrams(parser, &[(ToServer, &call)]);
        assert_eq!(nth(&talk, 0).fields.number(OPERATION), Some(4));
        assert_eq!(nth(&talk, 0).fields.get(INTERFACE).map(<[u8]>::len), Some(18));
        assert_eq!(nth(&talk, 0).fields.get(field(ToServer, STUB)), Some(&b"stub"[..]));
        assert_eq!(probe(ToServer, &call), Probe::Yes);
    }
}
