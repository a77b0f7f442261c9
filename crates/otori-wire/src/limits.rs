//! Every bound of this crate, named. What meets one ends alone: its flow, its transaction, its packet.

/// Anomalies kept of one packet.
pub const ANOMALIES_PER_PACKET: usize = 8;
/// Tags, labels and session headers walked before the network layer.
pub const LINK_LAYERS: usize = 16;
/// Tunnels inside each other that are unwrapped.
pub const TUNNEL_DEPTH: u8 = 8;
/// Chunks of one SCTP packet beyond which it is an anomaly.
pub const SCTP_CHUNKS: usize = 256;
/// Options of one IPv4 or TCP header.
pub const HEADER_OPTIONS: usize = 40;
/// VLAN tags that are read; a frame with more is an anomaly.
pub const VLAN_TAGS: usize = 3;
/// IPv6 extension headers that are walked.
pub const IPV6_EXTENSIONS: usize = 8;
/// Datagrams in reassembly at a time.
pub const FRAGMENTED_DATAGRAMS: usize = 4096;
/// Fragments kept of one datagram.
pub const FRAGMENTS_PER_DATAGRAM: usize = 64;
/// The longest datagram, RFC 791.
pub const DATAGRAM_BYTES: usize = 65_535;
/// A datagram whose fragments do not meet within this time is forgotten, RFC 1122 3.3.2.
pub const FRAGMENT_TIMEOUT_NS: i64 = 30_000_000_000;
/// Bytes of all fragments kept.
pub const FRAGMENT_BYTES: usize = 16 * 1024 * 1024;
/// Flows in the table unless the user says otherwise.
pub const FLOWS: usize = 262_144;
/// Slots looked at per packet for time-outs.
pub const FLOW_SWEEP: usize = 4;
/// Slots looked at to find a victim when the table is full.
pub const FLOW_VICTIMS: usize = 64;
/// Out-of-order bytes kept per direction of a TCP connection.
pub const TCP_PENDING_BYTES: usize = 262_144;
/// Out-of-order segments kept per direction.
pub const TCP_PENDING_SEGMENTS: usize = 256;
/// Out-of-order bytes kept in all connections together.
pub const TCP_PENDING_BYTES_ALL: usize = 64 * 1024 * 1024;
/// How far ahead of the expected byte a segment may be.
pub const TCP_WINDOW_BYTES: u32 = 1 << 22;
/// Bytes per direction looked at to recognise the application protocol.
pub const DETECT_BYTES: usize = 4096;
/// First bytes of a direction that suffice to say that it speaks no known protocol.
pub const SETTLED_BYTES: usize = 24;
/// Bytes of one direction alone behind which recognition of a connection is given up.
pub const UNKNOWN_BYTES: u32 = 100_000;
/// Transactions of one flow that are not finished yet.
pub const TRANSACTIONS_PER_FLOW: usize = 256;
/// Fields of one transaction.
pub const FIELDS_PER_TRANSACTION: usize = 256;
/// Transactions that are over and are kept by a thread to be used again.
pub const SPARE_TRANSACTIONS: usize = 64;
/// The same of one protocol.
pub const SPARE_OF_PROTOCOL: usize = 16;
/// Lists of transactions of flows that have none open, kept to be used again.
pub const SPARE_LISTS: usize = 256;
/// Memory of one field that is kept with a transaction that is over.
pub const SPARE_FIELD_BYTES: usize = 4096;
/// Memory of a flow's buffer that is kept while nothing is in it.
pub const EMPTY_BUFFER_BYTES: usize = 4096;
/// Bytes of one HTTP line or header field.
pub const HTTP_LINE_BYTES: usize = 18_432;
/// Header fields of one HTTP message.
pub const HTTP_HEADERS: usize = 200;
/// Bytes of a body kept for rules.
pub const BODY_BYTES: usize = 102_400;
/// Variables named in one SNMP message.
pub const SNMP_VARIABLES: usize = 64;
/// Bytes kept of one HTTP/2 frame.
pub const HTTP2_FRAME_BYTES: usize = 65_536;
/// Streams of one HTTP/2 connection that are followed at a time.
pub const HTTP2_STREAMS: usize = 128;
/// Bytes of an HTTP/2 header block, compressed and not.
pub const HPACK_BLOCK_BYTES: usize = 65_536;
/// Fields of an HTTP/2 header block.
pub const HPACK_FIELDS: usize = 128;
/// Bytes of one direction's table of headers.
pub const HPACK_TABLE_BYTES: usize = 65_536;
/// Bytes of one SIP message; of a longer one the beginning is read.
pub const SIP_MESSAGE_BYTES: usize = 65_536;
/// Header fields of one SIP message.
pub const SIP_HEADERS: usize = 128;
/// Bytes kept of one MQTT control packet.
pub const MQTT_PACKET_BYTES: usize = 65_536;
/// Properties of one MQTT control packet.
pub const MQTT_PROPERTIES: usize = 64;
/// Topics of one MQTT control packet.
pub const MQTT_TOPICS: usize = 64;
/// Names and answers read of one DNS message.
pub const DNS_RECORDS: usize = 64;
/// Labels and pointers followed in one DNS name.
pub const DNS_LABELS: usize = 128;
/// Bytes of a TLS handshake kept for the hello messages and certificates.
pub const TLS_HANDSHAKE_BYTES: usize = 65_536;
/// Content codings undone on one body.
pub const CODING_LAYERS: usize = 3;
/// Bytes of a gzip header.
pub const GZIP_HEADER_BYTES: usize = 4096;
/// Bytes inflated of one body, over all layers.
pub const INFLATED_BYTES: usize = 1 << 20;
/// Bytes of one line of a text protocol.
pub const TEXT_LINE_BYTES: usize = 4096;
/// Bytes kept of one message of a protocol whose messages tell their length.
pub const MESSAGE_BYTES: usize = 65_536;
/// Requests of one flow that wait for their answer.
pub const OPEN_REQUESTS: usize = 64;
/// Lists in lists of a message of BitTorrent.
pub const BENCODE_DEPTH: usize = 8;
/// Nodes of one answer of BitTorrent's hash table.
pub const DHT_NODES: usize = 64;
/// Channels that an RDP client may ask for.
pub const RDP_CHANNELS: usize = 31;
/// Bytes of both directions in which RDP's certificate is looked for.
pub const RDP_TLS_BYTES: usize = 65_536;
/// Bytes of an RFB hand-shake that wait to be read.
pub const RFB_BYTES: usize = 65_536;
/// Security types that an RFB server may offer.
pub const RFB_TYPES: usize = 255;
/// Payloads of one IKE message.
pub const IKE_PAYLOADS: usize = 64;
/// Proposals of one IKE message.
pub const IKE_PROPOSALS: usize = 64;
/// Parts of one name of Kerberos.
pub const KERBEROS_NAMES: usize = 16;
/// Answers kept of one LDAP request.
pub const LDAP_ANSWERS: usize = 64;
/// Attributes, and values of one, kept of one LDAP message.
pub const LDAP_ATTRIBUTES: usize = 64;
/// Interfaces that one DCE/RPC connection has bound.
pub const DCERPC_INTERFACES: usize = 64;
/// Bytes of the data of one DCE/RPC call that are kept.
pub const DCERPC_STUB_BYTES: usize = 65_536;
/// Parameters kept of one side of a PostgreSQL session.
pub const PGSQL_PARAMETERS: usize = 64;
/// Files of one NFS connection whose bytes are followed at a time.
pub const NFS_FILES: usize = 64;
/// Names kept of files of one NFS connection.
pub const NFS_HANDLES: usize = 256;
/// Operations of one compound of NFS.
pub const NFS_OPERATIONS: u32 = 64;
/// Lines kept of one answer of POP3.
pub const POP3_LINES: usize = 64;
/// Bytes of one side of a QUIC hand-shake.
pub const QUIC_CRYPTO_BYTES: usize = 16_384;
/// Bytes of one DNP3 application fragment that is joined from frames.
pub const DNP3_FRAGMENT_BYTES: usize = 8192;
/// Bytes kept of what a telnet server said last.
pub const TELNET_TAIL_BYTES: usize = 256;
/// Bytes of one SSH packet before encryption, RFC 4253 6.1.
pub const SSH_PACKET_BYTES: usize = 35_000;
