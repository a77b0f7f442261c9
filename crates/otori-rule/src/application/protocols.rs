//! What the protocols that the wire recognises are for. Key function: [`application`].
use super::{
    Application,
    Category::{self, *},
};

/// Name of a protocol (as in rules), name of its application, category; sorted.
static PROTOCOLS: &[(&str, &str, Category)] = &[
    ("adb", "adb", RemoteAccess),
    ("bacnet", "bacnet", Industrial),
    ("bittorrent-dht", "bittorrent", PeerToPeer),
    ("coap", "coap", Iot),
    ("cwmp", "tr-069", Iot),
    ("dcerpc", "dcerpc", Network),
    ("dhcp", "dhcp", Network),
    ("dnp3", "dnp3", Industrial),
    ("dns", "dns", Network),
    ("echonet", "echonet-lite", Iot),
    ("enip", "ethernet-ip", Industrial),
    ("ftp", "ftp", FileTransfer),
    ("ftp-data", "ftp", FileTransfer),
    ("http", "http", Web),
    ("http2", "http", Web),
    ("ike", "ipsec", Tunnel),
    ("imap", "imap", Mail),
    ("krb5", "kerberos", Network),
    ("ldap", "ldap", Network),
    ("llmnr", "llmnr", Network),
    ("mdns", "mdns", Network),
    ("modbus", "modbus", Industrial),
    ("mqtt", "mqtt", Iot),
    ("nfs", "nfs", FileTransfer),
    ("ntp", "ntp", Network),
    ("pgsql", "postgresql", Database),
    ("pop3", "pop3", Mail),
    ("quic", "quic", Web),
    ("rdp", "rdp", RemoteAccess),
    ("rfb", "vnc", RemoteAccess),
    ("rtsp", "rtsp", Media),
    ("sip", "sip", Chat),
    ("smb", "smb", FileTransfer),
    ("smtp", "smtp", Mail),
    ("snmp", "snmp", Network),
    ("ssdp", "ssdp", Iot),
    ("ssh", "ssh", RemoteAccess),
    ("telnet", "telnet", RemoteAccess),
    ("tftp", "tftp", FileTransfer),
    ("tls", "tls", Web),
    ("websocket", "websocket", Web),
];

/// The application of a protocol.
pub(super) fn application(protocol: &str) -> Option<Application> {
    let place = PROTOCOLS.binary_search_by(|(name, ..)| (*name).cmp(protocol)).ok()?;
    PROTOCOLS.get(place).map(|(_, name, category)| Application { name, category: *category })
}

/// Every application.
pub(super) fn applications() -> impl Iterator<Item = Application> {
    PROTOCOLS.iter().map(|(_, name, category)| Application { name, category: *category })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_of_the_wire_has_a_row() {
        assert!(PROTOCOLS.is_sorted_by(|a, b| a.0 < b.0));
        for row in otori_wire::proto::PROTOCOLS {
            assert!(application(row.name).is_some(), "{} has no application", row.name);
        }
    }
}
