//! Names of what RDP says by number.
//!
//! MS-RDPBCGR 2.2.1.1 to 2.2.1.3, MS-LCID 2.2; spelled as Suricata's manual has them ("Event type: RDP").

/// What a client wants, a bit each (MS-RDPBCGR 2.2.1.1.1).
pub(super) const REQUEST_FLAGS: &[(u32, &str)] = &[
    (0x01, "restricted_admin_mode_required"),
    (0x02, "redirected_authentication_mode_required"),
    (0x08, "correlation_info_present"),
];
/// What a server can do, a bit each (2.2.1.2.1).
pub(super) const RESPONSE_FLAGS: &[(u32, &str)] = &[
    (0x01, "extended_client_data"),
    (0x02, "dynvc_gfx"),
    (0x08, "restricted_admin"),
    (0x10, "redirected_authentication"),
];
/// What a client can do, a bit each (2.2.1.3.2, `earlyCapabilityFlags`).
pub(super) const CAPABILITIES: &[(u32, &str)] = &[
    (0x0001, "support_errinfo_pdf"),
    (0x0002, "want_32bpp_session"),
    (0x0004, "support_statusinfo_pdu"),
    (0x0008, "strong_asymmetric_keys"),
    (VALID_CONNECTION_TYPE, "valid_connection_type"),
    (0x0040, "support_monitor_layout_pdu"),
    (0x0080, "support_netchar_autodetect"),
    (0x0100, "support_dynvc_gfx_protocol"),
    (0x0200, "support_dynamic_time_zone"),
    (0x0400, "support_heartbeat_pdu"),
];
/// The kind of connection counts.
pub(super) const VALID_CONNECTION_TYPE: u32 = 0x20;

const PROTOCOLS: &[(u32, &str)] = &[(0, "rdp"), (1, "ssl"), (2, "hybrid"), (4, "rds_tls"), (8, "hybrid_ex")];
const FAILURES: &[(u32, &str)] = &[
    (1, "ssl required by server"),
    (2, "ssl not allowed by server"),
    (3, "ssl cert not on server"),
    (4, "inconsistent flags"),
    (5, "hybrid required by server"),
    (6, "ssl with user auth required by server"),
];
const VERSIONS: &[(u32, &str)] = &[
    (0x0008_0001, "v4"),
    (0x0008_0004, "v5"),
    (0x0008_0005, "v10.0"),
    (0x0008_0006, "v10.1"),
    (0x0008_0007, "v10.2"),
    (0x0008_0008, "v10.3"),
    (0x0008_0009, "v10.4"),
    (0x0008_000a, "v10.5"),
    (0x0008_000b, "v10.6"),
    (0x0008_000c, "v10.7"),
];
const KEYBOARDS: &[(u32, &str)] =
    &[(1, "xt"), (2, "ico"), (3, "at"), (4, "enhanced"), (5, "1050"), (6, "9140"), (7, "jp")];
const CONNECTIONS: &[(u32, &str)] = &[
    (1, "modem"),
    (2, "low_broadband"),
    (3, "satellite"),
    (4, "high_broadband"),
    (5, "wan"),
    (6, "lan"),
    (7, "autodetect"),
];
/// The first build of each system.
const SYSTEMS: &[(u32, &str)] = &[
    (2195, "Windows 2000"),
    (2600, "Windows XP"),
    (3790, "Windows Server 2003"),
    (6000, "Windows Vista"),
    (6001, "Windows Vista SP1"),
    (6002, "Windows Vista SP2"),
    (7600, "Windows 7"),
    (7601, "Windows 7 SP1"),
    (9200, "Windows 8"),
    (9600, "Windows 8.1"),
    (10240, "Windows 10"),
    (22000, "Windows 11"),
];
/// Keyboards by language; the high half of a layout's number only tells variants apart.
const LANGUAGES: &[(u32, &str)] = &[
    (0x0401, "ar-SA"),
    (0x0402, "bg-BG"),
    (0x0403, "ca-ES"),
    (0x0404, "zh-TW"),
    (0x0405, "cs-CZ"),
    (0x0406, "da-DK"),
    (0x0407, "de-DE"),
    (0x0408, "el-GR"),
    (0x0409, "en-US"),
    (0x040b, "fi-FI"),
    (0x040c, "fr-FR"),
    (0x040d, "he-IL"),
    (0x040e, "hu-HU"),
    (0x040f, "is-IS"),
    (0x0410, "it-IT"),
    (0x0411, "ja-JP"),
    (0x0412, "ko-KR"),
    (0x0413, "nl-NL"),
    (0x0414, "nb-NO"),
    (0x0415, "pl-PL"),
    (0x0416, "pt-BR"),
    (0x0418, "ro-RO"),
    (0x0419, "ru-RU"),
    (0x041a, "hr-HR"),
    (0x041b, "sk-SK"),
    (0x041d, "sv-SE"),
    (0x041e, "th-TH"),
    (0x041f, "tr-TR"),
    (0x0421, "id-ID"),
    (0x0422, "uk-UA"),
    (0x0423, "be-BY"),
    (0x0424, "sl-SI"),
    (0x0425, "et-EE"),
    (0x0426, "lv-LV"),
    (0x0427, "lt-LT"),
    (0x0429, "fa-IR"),
    (0x042a, "vi-VN"),
    (0x0439, "hi-IN"),
    (0x0804, "zh-CN"),
    (0x0807, "de-CH"),
    (0x0809, "en-GB"),
    (0x080a, "es-MX"),
    (0x080c, "fr-BE"),
    (0x0813, "nl-BE"),
    (0x0816, "pt-PT"),
    (0x0c04, "zh-HK"),
    (0x0c07, "de-AT"),
    (0x0c09, "en-AU"),
    (0x0c0a, "es-ES"),
    (0x0c0c, "fr-CA"),
    (0x1004, "zh-SG"),
    (0x1009, "en-CA"),
    (0x100c, "fr-CH"),
    (0x1409, "en-NZ"),
    (0x4009, "en-IN"),
];

fn of(rows: &[(u32, &'static str)], number: u32) -> Option<&'static str> {
    rows.iter().find(|(have, _)| *have == number).map(|(_, name)| *name)
}

/// What both sides will speak.
pub(super) fn protocol(number: u32) -> &'static str {
    of(PROTOCOLS, number).unwrap_or("unknown")
}
/// Why a server refuses.
pub(super) fn failure(number: u32) -> &'static str {
    of(FAILURES, number).unwrap_or("unknown failure")
}
/// The version of a client.
pub(super) fn version(number: u32) -> &'static str {
    of(VERSIONS, number).unwrap_or("unknown")
}
/// The kind of a keyboard.
pub(super) fn keyboard(number: u32) -> &'static str {
    of(KEYBOARDS, number).unwrap_or("unknown")
}
/// The language of a keyboard.
pub(super) fn language(layout: u32) -> Option<&'static str> {
    of(LANGUAGES, layout & 0xffff)
}
/// The kind of a connection.
pub(super) fn connection(number: u8) -> Option<&'static str> {
    of(CONNECTIONS, number.into())
}
/// The system that a client runs on.
pub(super) fn system(build: u32) -> Option<&'static str> {
    SYSTEMS.iter().rev().find(|(first, _)| *first <= build).map(|(_, name)| *name)
}
/// The names of the bits that are set.
pub(super) fn bits(rows: &[(u32, &'static str)], value: u32) -> Vec<Vec<u8>> {
    rows.iter().filter(|(bit, _)| value & bit != 0).map(|(_, name)| name.as_bytes().to_vec()).collect()
}
