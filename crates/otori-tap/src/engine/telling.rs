//! What is wrong with a packet, its stream and its talk, for the log and the counters.
//!
//! Neighbour: `flow`, which asks rules about the same events.
use super::{
    flow::{Case, Work},
    stats,
};
use crate::eve::Place;
use otori_wire::{Conversation, Direction};

impl Work<'_> {
    /// Writes down what is wrong with a packet and its stream, and counts it.
    pub(super) fn tell_events(
        &mut self,
        case: &Case<'_, '_>,
        direction: Direction,
        conversation: &Conversation,
    ) {
        for (kind, names) in [("decode", case.packet.anomalies.names()), ("stream", case.events.names())] {
            for name in names {
                if let Some(event) = name.strip_prefix("stream.") {
                    self.state.stats.bump(stats::STREAM_EVENT, event);
                }
                if *name == "stream.reassembly_seq_gap" {
                    self.state.stats.bump(stats::STREAM, "reassembly_gap");
                }
                let place = self.place(&case.facts, direction, case.packet, conversation);
                self.tell_anomaly(&place, kind, name);
            }
        }
    }

    /// Writes down one anomaly, or counts it where too many of its kind came.
    pub(super) fn tell_anomaly(&mut self, place: &Place<'_, '_>, kind: &str, name: &'static str) {
        if !self.state.eve.anomaly(place, kind, name) {
            self.state.stats.bump(stats::GUARD, "anomalies_unwritten");
        }
    }

    /// Writes down what recognition found to be wrong; rules see it with this packet.
    pub(super) fn tell_disagreements(
        &mut self,
        case: &mut Case<'_, '_>,
        direction: Direction,
        conversation: &mut Conversation,
    ) {
        for name in conversation.disagreements() {
            case.events.note(name);
            let place = self.place(&case.facts, direction, case.packet, conversation);
            self.state.eve.disagreement(&place, name);
        }
    }
}
