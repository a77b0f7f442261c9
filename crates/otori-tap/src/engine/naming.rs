//! Names the application of a flow while its packets pass. Neighbour: [`otori_rule::application`] knows the applications.
use super::flow::Facts;
use otori_rule::application::{Naming, signature::Look};
use otori_wire::{
    Conversation, Direction, FieldId, Packet, Transaction,
    decode::protocol,
    proto::{http, quic, tls},
};

/// Fields that say whom the client wants.
const HOSTS: [FieldId; 3] = [tls::SNI, quic::SNI, http::HOST_RAW];

/// What a packet and the protocol tell.
pub(super) fn packet(
    naming: &mut Naming,
    facts: &Facts,
    direction: Direction,
    packet: &Packet<'_>,
    conversation: &Conversation,
) {
    if !naming.wants_bytes() {
        return;
    }
    let (source, destination) = facts.ends(direction);
    let ports = [source.port, destination.port];
    let look = Look { transport: facts.protocol, ports, bytes: packet.payload };
    let has_ports = matches!(facts.protocol, protocol::TCP | protocol::UDP);
    match conversation.protocol() {
        Some(row) => naming.protocol(row.name, row.ports, &look),
        None if has_ports && packet.payload.is_empty() => {}
        None => naming.bytes(&look),
    }
}

/// What a request tells: asked until it says a host, since every further piece of it comes here as well.
pub(super) fn transaction(naming: &mut Naming, transaction: &mut Transaction) {
    if transaction.marks.named {
        return;
    }
    for id in HOSTS {
        if let Some(host) = transaction.fields.get(id) {
            naming.host(host);
            transaction.marks.named = true;
        }
    }
}
