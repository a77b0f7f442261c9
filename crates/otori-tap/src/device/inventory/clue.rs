//! What messages say of the device that sent them: DHCP, HTTP, SSDP, mDNS, RTSP, SSH, TR-069.
use super::Inventory;
use otori_wire::{
    Direction, FieldId, Transaction,
    proto::{ProtocolId, dhcp, dns, http, rtsp, ssdp},
};

/// Kinds of clues.
pub(super) const KINDS: usize = 8;

pub(super) const HOST_NAME: &str = "host_name";
pub(super) const VENDOR_CLASS: &str = "vendor_class";
pub(super) const USER_AGENT: &str = "user_agent";
pub(super) const SERVER: &str = "server";
pub(super) const UPNP: &str = "upnp_server";
pub(super) const UPNP_NAME: &str = "upnp_usn";
pub(super) const MDNS: &str = "mdns";

/// Field, kind of clue, who sends it.
const FIELDS: &[(ProtocolId, FieldId, &str, Direction)] = &[
    (ProtocolId::Dhcp, dhcp::HOSTNAME, HOST_NAME, Direction::ToServer),
    (ProtocolId::Dhcp, dhcp::VENDOR, VENDOR_CLASS, Direction::ToServer),
    (ProtocolId::Http, http::USER_AGENT, USER_AGENT, Direction::ToServer),
    (ProtocolId::Http2, http::USER_AGENT, USER_AGENT, Direction::ToServer),
    (ProtocolId::Http, http::SERVER, SERVER, Direction::ToClient),
    (ProtocolId::Rtsp, rtsp::USER_AGENT, USER_AGENT, Direction::ToServer),
    (ProtocolId::Rtsp, rtsp::SERVER, SERVER, Direction::ToClient),
    (ProtocolId::Ssdp, ssdp::SERVER[0], UPNP, Direction::ToServer),
    (ProtocolId::Ssdp, ssdp::SERVER[1], UPNP, Direction::ToClient),
    (ProtocolId::Ssdp, ssdp::USN[0], UPNP_NAME, Direction::ToServer),
    (ProtocolId::Ssdp, ssdp::USN[1], UPNP_NAME, Direction::ToClient),
];

impl Inventory {
    /// A whole transaction of the device, whose own messages go in `own`.
    pub fn learn(&mut self, transaction: &Transaction, own: Direction) {
        let protocol = transaction.protocol;
        for (_, id, kind, _) in FIELDS.iter().filter(|(of, _, _, way)| *of == protocol && *way == own) {
            if let Some(text) = transaction.fields.get(*id) {
                self.clue(kind, text);
            }
        }
        // Services that a device offers are names in its answers (RFC 6763).
        if protocol == ProtocolId::Mdns
            && let Some(message) = transaction.detail_of::<dns::Message>()
            && message.is_response()
        {
            for answer in message.answers.iter().filter(|answer| matches!(answer.kind, 12 | 33 | 16)) {
                self.clue(MDNS, &answer.name);
            }
        }
    }
}
