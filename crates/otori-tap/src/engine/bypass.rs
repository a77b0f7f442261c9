//! Flows that are large and not worth a look any more: they are only counted, as Suricata's local bypass does.
//!
//! Key type: [`Skipped`]. A flow qualifies when it is encrypted and its hand-shake was read, when nobody knows its protocol,
//! or when both directions are longer than what is put in order (`stream.reassembly.depth`; with `stream.bypass` one is
//! enough). Rules that came or went since
//! are asked about one packet more, so that an address that is blocked now is blocked for such flows as well.
use super::{
    Decision, Settings,
    flow::{Case, Facts, FlowExtra, Work},
};
use otori_wire::{Anomalies, Direction, Flow, Packet, decode::Transport, flow::TcpState, proto::ProtocolId};

/// Protocols of which nothing can be read behind the hand-shake.
const ENCRYPTED: &[ProtocolId] = &[ProtocolId::Quic, ProtocolId::Ssh, ProtocolId::Tls];

/// What was counted when that began.
pub(super) struct Skipped {
    packets: [u64; 2],
    bytes: [u64; 2],
    /// changes of the rules so far
    changes: u64,
}

impl Skipped {
    /// Packets and bytes per direction since.
    pub(super) fn counts<S>(&self, flow: &Flow<S>) -> [[u64; 2]; 2] {
        let since = |now: [u64; 2], then: [u64; 2]| [now[0] - then[0], now[1] - then[1]];
        [since(flow.packets, self.packets), since(flow.bytes, self.bytes)]
    }
}

impl Work<'_> {
    /// A packet that is only counted.
    pub(super) fn skip(
        &mut self,
        flow: &mut Flow<FlowExtra>,
        direction: Direction,
        packet: &Packet<'_>,
    ) -> Decision {
        if let (Some(tcp), Transport::Tcp { flags, .. }) = (flow.tcp.as_deref_mut(), packet.transport) {
            tcp.note_flags(direction, flags);
        }
        let changes = self.rules.changes();
        let fresh = flow
            .extra
            .skipped
            .as_deref_mut()
            .is_some_and(|skipped| core::mem::replace(&mut skipped.changes, changes) != changes);
        let mut facts = Facts::of(flow);
        facts.elephant = self.measure(&mut flow.extra, direction, packet);
        let sent_bytes = self.sent_bytes(&facts, &flow.extra);
        let police = self.state.policing.as_ref();
        let policies = police.is_some_and(|police| police.may_ask_again(&flow.extra, sent_bytes, packet.at));
        let watched = !flow.extra.ends.is_empty();
        if !fresh && !policies && !watched {
            return Decision::Pass;
        }
        let Flow { conversation, extra, .. } = flow;
        let mut case = Case { packet, facts, events: Anomalies::none(), found: Vec::new(), continues: false };
        // How much a device sends is of interest, whatever it is.
        if watched {
            self.watch_packet(&mut case, direction, conversation, extra);
        }
        if fresh {
            self.ask_packet(&mut case, direction, conversation, extra);
        }
        self.ask_policies(&mut case, conversation, extra);
        self.settle(&mut case, direction, conversation, extra)
    }

    /// Rules no longer look at the bytes of a flow that is encrypted, as with Suricata's `encryption-handling: track-only`.
    pub(super) fn seal(&self, flow: &mut Flow<FlowExtra>) {
        let protocol = flow.conversation.protocol_id();
        let is_meant = matches!(protocol, Some(ProtocolId::Ssh | ProtocolId::Tls));
        if is_meant && !self.settings.inspect_encrypted && !flow.extra.marks.is_sealed() && is_encrypted(flow)
        {
            flow.extra.marks.seal();
        }
    }

    /// The flow is only counted from now on, if it qualifies.
    pub(super) fn skip_from_now_on(&mut self, flow: &mut Flow<FlowExtra>) {
        let Settings { bypass_bytes, bypass_encrypted, bypass_deep, .. } = self.settings;
        let (bypass_bytes, bypass_encrypted, bypass_deep) = (*bypass_bytes, *bypass_encrypted, *bypass_deep);
        if (bypass_bytes.is_none() && !bypass_encrypted && !bypass_deep) || flow.extra.fate.is_some() {
            return;
        }
        let long = bypass_bytes.filter(|least| flow.bytes[0] + flow.bytes[1] >= *least);
        let read = long
            .is_some_and(|least| is_encrypted(flow) || self.deep(flow) == 2 || is_unknown(flow, least))
            || (bypass_encrypted && is_encrypted(flow))
            || (bypass_deep && self.deep(flow) > 0);
        if !read {
            return;
        }
        // What waits to be put in order is not needed any more.
        if let Some(tcp) = flow.tcp.as_deref_mut() {
            self.state.kept = self.state.kept.saturating_sub(tcp.kept());
            tcp.finish(&mut |_, _| {});
        }
        let changes = self.rules.changes();
        flow.extra.skipped = Some(Box::new(Skipped { packets: flow.packets, bytes: flow.bytes, changes }));
    }

    /// So many directions are longer than what is put in order.
    fn deep(&self, flow: &Flow<FlowExtra>) -> usize {
        let depth = self.settings.reassembly.depth_bytes;
        delivered(flow).map_or(0, |bytes| bytes.iter().filter(|bytes| **bytes >= depth).count())
    }
}

/// Its hand-shake was read, and nothing else can be.
fn is_encrypted(flow: &Flow<FlowExtra>) -> bool {
    let conversation = &flow.conversation;
    let open = conversation.open_transactions();
    conversation.protocol_id().is_some_and(|id| ENCRYPTED.contains(&id))
        && open.opened() > 0
        && open.is_empty()
}

/// Nobody knows its protocol after so many bytes of one direction.
fn is_unknown(flow: &Flow<FlowExtra>, least: u64) -> bool {
    flow.conversation.is_unknown()
        && delivered(flow).is_some_and(|bytes| bytes.iter().any(|bytes| *bytes >= least))
}

/// Bytes that were put in order, of each direction of an established connection.
fn delivered(flow: &Flow<FlowExtra>) -> Option<[u64; 2]> {
    let tcp = flow.tcp.as_deref().filter(|tcp| tcp.state() == TcpState::Established)?;
    Some(Direction::BOTH.map(|way| tcp.delivered(way)))
}
