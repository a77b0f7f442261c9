//! Tells the devices what their flows do. Neighbour: [`crate::device`] knows them.
use super::flow::{FlowExtra, Work};
use otori_wire::{Direction, Flow, Packet, decode::protocol};

impl Work<'_> {
    /// A packet of a flow: the first one says whose it is.
    pub(super) fn tell_devices(
        &mut self,
        flow: &mut Flow<FlowExtra>,
        direction: Direction,
        packet: &Packet<'_>,
    ) {
        let Some(devices) = &self.state.devices else { return };
        if flow.protocol == protocol::ICMPV6 {
            devices.claim(packet);
        }
        if flow.packets[0] + flow.packets[1] == 1 {
            let ends = (flow.client, flow.server);
            flow.extra.ends = devices.ends(ends, direction, packet, &self.state.carriers);
        }
    }
}
