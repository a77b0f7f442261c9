//! What numbers of IKE are called, as EVE has them. IANA "IKEv1 parameters", "IKEv2 parameters".
use super::message::Attribute;
use std::borrow::Cow;

/// Keys of EVE for an attribute and for its number.
pub(super) const fn keys(attribute: Attribute) -> (&'static str, &'static str) {
    match attribute {
        Attribute::Encryption => ("alg_enc", "alg_enc_raw"),
        Attribute::Hash => ("alg_hash", "alg_hash_raw"),
        Attribute::Authentication => ("alg_auth", "alg_auth_raw"),
        Attribute::Group => ("alg_dh", "alg_dh_raw"),
        Attribute::Function => ("alg_prf", "alg_prf_raw"),
        Attribute::GroupType => ("sa_group_type", "sa_group_type_raw"),
        Attribute::LifeType => ("sa_life_type", "sa_life_type_raw"),
        Attribute::LifeDuration => ("sa_life_duration", "sa_life_duration_raw"),
        Attribute::KeyLength => ("sa_key_length", "sa_key_length_raw"),
        Attribute::FieldSize => ("sa_field_size", "sa_field_size_raw"),
        Attribute::Sequence => ("alg_esn", "alg_esn_raw"),
    }
}

type Names = &'static [(u64, &'static str)];

const ENCRYPTION_1: Names = &[
    (1, "EncDesCbc"),
    (2, "EncIdeaCbc"),
    (3, "EncBlowfishCbc"),
    (4, "EncRc5R16B64Cbc"),
    (5, "EncTripleDesCbc"),
    (6, "EncCastCbc"),
    (7, "EncAesCbc"),
    (8, "EncCamelliaCbc"),
];
const HASH_1: Names = &[
    (1, "HashMd5"),
    (2, "HashSha"),
    (3, "HashTiger"),
    (4, "HashSha2_256"),
    (5, "HashSha2_384"),
    (6, "HashSha2_512"),
];
const AUTHENTICATION_1: Names =
    &[(1, "AuthPreSharedKey"), (2, "AuthDss"), (3, "AuthRsa"), (4, "AuthRsaEnc"), (5, "AuthRsaEncRevised")];
const GROUP_1: Names = &[
    (1, "GroupDefault768Bit"),
    (2, "GroupAlternate1024Bit"),
    (3, "GroupEc2nOnGp2p155"),
    (4, "GroupEc2nOnGp2p185"),
    (5, "GroupModp1536Bit"),
    (14, "GroupModp2048Bit"),
    (15, "GroupModp3072Bit"),
    (16, "GroupModp4096Bit"),
    (17, "GroupModp6144Bit"),
    (18, "GroupModp8192Bit"),
    (19, "GroupRandomEcpGroup256Bit"),
    (20, "GroupRandomEcpGroup384Bit"),
    (21, "GroupRandomEcpGroup521Bit"),
];
const LIFE_1: Names = &[(1, "LifeTypeSeconds"), (2, "LifeTypeKilobytes")];
const ENCRYPTION_2: Names = &[
    (1, "ENCR_DES_IV64"),
    (2, "ENCR_DES"),
    (3, "ENCR_3DES"),
    (4, "ENCR_RC5"),
    (5, "ENCR_IDEA"),
    (6, "ENCR_CAST"),
    (7, "ENCR_BLOWFISH"),
    (8, "ENCR_3IDEA"),
    (9, "ENCR_DES_IV32"),
    (11, "ENCR_NULL"),
    (12, "ENCR_AES_CBC"),
    (13, "ENCR_AES_CTR"),
    (14, "ENCR_AES_CCM_8"),
    (15, "ENCR_AES_CCM_12"),
    (16, "ENCR_AES_CCM_16"),
    (18, "ENCR_AES_GCM_8"),
    (19, "ENCR_AES_GCM_12"),
    (20, "ENCR_AES_GCM_16"),
    (21, "ENCR_NULL_AUTH_AES_GMAC"),
    (23, "ENCR_CAMELLIA_CBC"),
    (28, "ENCR_CHACHA20_POLY1305"),
];
const FUNCTION_2: Names = &[
    (0, "PRF_NULL"),
    (1, "PRF_HMAC_MD5"),
    (2, "PRF_HMAC_SHA1"),
    (3, "PRF_HMAC_TIGER"),
    (4, "PRF_AES128_XCBC"),
    (5, "PRF_HMAC_SHA2_256"),
    (6, "PRF_HMAC_SHA2_384"),
    (7, "PRF_HMAC_SHA2_512"),
    (8, "PRF_AES128_CMAC"),
];
const AUTHENTICATION_2: Names = &[
    (0, "NONE"),
    (1, "AUTH_HMAC_MD5_96"),
    (2, "AUTH_HMAC_SHA1_96"),
    (3, "AUTH_DES_MAC"),
    (4, "AUTH_KPDK_MD5"),
    (5, "AUTH_AES_XCBC_96"),
    (6, "AUTH_HMAC_MD5_128"),
    (7, "AUTH_HMAC_SHA1_160"),
    (8, "AUTH_AES_CMAC_96"),
    (12, "AUTH_HMAC_SHA2_256_128"),
    (13, "AUTH_HMAC_SHA2_384_192"),
    (14, "AUTH_HMAC_SHA2_512_256"),
];
const GROUP_2: Names = &[
    (0, "None"),
    (1, "Modp768"),
    (2, "Modp1024"),
    (5, "Modp1536"),
    (14, "Modp2048"),
    (15, "Modp3072"),
    (16, "Modp4096"),
    (17, "Modp6144"),
    (18, "Modp8192"),
    (19, "Ecp256"),
    (20, "Ecp384"),
    (21, "Ecp521"),
    (22, "Modp1024s160"),
    (23, "Modp2048s224"),
    (24, "Modp2048s256"),
    (25, "Ecp192"),
    (26, "Ecp224"),
    (31, "Curve25519"),
    (32, "Curve448"),
];
const SEQUENCE_2: Names = &[(0, "NoESN"), (1, "ESN")];

fn find(names: Names, number: u64) -> Option<&'static str> {
    names.iter().find(|(have, _)| *have == number).map(|(_, name)| *name)
}

/// The name, or the number where there is none.
fn found(names: Names, number: u64) -> Cow<'static, str> {
    find(names, number).map_or_else(|| number.to_string().into(), Cow::Borrowed)
}

/// What a value of an attribute is called.
pub(super) fn value(version: u8, attribute: Attribute, number: u64) -> Cow<'static, str> {
    let names = match (version, attribute) {
        (1, Attribute::Encryption) => ENCRYPTION_1,
        (1, Attribute::Hash) => HASH_1,
        (1, Attribute::Authentication) => AUTHENTICATION_1,
        (1, Attribute::Group) => GROUP_1,
        (1, Attribute::LifeType) => LIFE_1,
        (_, Attribute::Encryption) => ENCRYPTION_2,
        (_, Attribute::Function) => FUNCTION_2,
        (_, Attribute::Authentication) => AUTHENTICATION_2,
        (_, Attribute::Group) => GROUP_2,
        (_, Attribute::Sequence) => SEQUENCE_2,
        _ => &[],
    };
    match version {
        1 => find(names, number).unwrap_or("Unknown").into(),
        _ => found(names, number),
    }
}

/// DES and what is no encryption.
pub(super) const fn is_weak_encryption(number: u64) -> bool {
    matches!(number, 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 11)
}

/// It protects what is sent against changes, too.
pub(super) const fn joins_both(number: u64) -> bool {
    matches!(number, 14..=16 | 18..=20 | 28)
}

/// What an exchange is called.
pub(super) const fn exchange(version: u8, number: u8) -> Option<&'static str> {
    Some(match (version, number) {
        (1, 0) => "None",
        (1, 1) => "Base",
        (1, 2) => "Identity Protection",
        (1, 3) => "Authentication Only",
        (1, 4) => "Aggressive",
        (1, 5) => "Informational",
        (1, 6) => "Transaction (Config Mode)",
        (1, 32) => "Quick Mode",
        (1, 33) => "New Group Mode",
        _ => return None,
    })
}

const PAYLOADS_1: Names = &[
    (1, "SecurityAssociation"),
    (2, "Proposal"),
    (3, "Transform"),
    (4, "KeyExchange"),
    (5, "Identification"),
    (6, "Certificate"),
    (7, "CertificateRequest"),
    (8, "Hash"),
    (9, "Signature"),
    (10, "Nonce"),
    (11, "Notification"),
    (12, "Delete"),
    (13, "VendorID"),
    (15, "SaKekPayload"),
    (16, "SaTekPayload"),
    (17, "KeyDownload"),
    (18, "SequenceNumber"),
    (19, "ProofOfPossession"),
    (20, "NatDiscovery"),
    (21, "NatOriginalAddress"),
    (22, "GroupAssociatedPolicy"),
];
const PAYLOADS_2: Names = &[
    (33, "SecurityAssociation"),
    (34, "KeyExchange"),
    (35, "IdentInitiator"),
    (36, "IdentResponder"),
    (37, "Certificate"),
    (38, "CertificateRequest"),
    (39, "Authentication"),
    (40, "Nonce"),
    (41, "Notify"),
    (42, "Delete"),
    (43, "VendorID"),
    (44, "TrafficSelectorInitiator"),
    (45, "TrafficSelectorResponder"),
    (46, "EncryptedAndAuthenticated"),
    (47, "Configuration"),
    (48, "ExtensibleAuthentication"),
    (49, "GenericSecurePasswordMethod"),
    (50, "GroupIdentification"),
    (51, "GroupSecurityAssociation"),
    (52, "KeyDownload"),
    (53, "EncryptedAndAuthenticatedFragment"),
];

/// What a payload is called.
pub(super) fn payload(version: u8, kind: u8) -> Cow<'static, str> {
    found(if version == 1 { PAYLOADS_1 } else { PAYLOADS_2 }, kind.into())
}

const NOTICES: Names = &[
    (1, "UNSUPPORTED_CRITICAL_PAYLOAD"),
    (4, "INVALID_IKE_SPI"),
    (5, "INVALID_MAJOR_VERSION"),
    (7, "INVALID_SYNTAX"),
    (9, "INVALID_MESSAGE_ID"),
    (11, "INVALID_SPI"),
    (14, "NO_PROPOSAL_CHOSEN"),
    (17, "INVALID_KE_PAYLOAD"),
    (24, "AUTHENTICATION_FAILED"),
    (34, "SINGLE_PAIR_REQUIRED"),
    (35, "NO_ADDITIONAL_SAS"),
    (36, "INTERNAL_ADDRESS_FAILURE"),
    (37, "FAILED_CP_REQUIRED"),
    (38, "TS_UNACCEPTABLE"),
    (39, "INVALID_SELECTORS"),
    (43, "TEMPORARY_FAILURE"),
    (44, "CHILD_SA_NOT_FOUND"),
    (16384, "INITIAL_CONTACT"),
    (16385, "SET_WINDOW_SIZE"),
    (16386, "ADDITIONAL_TS_POSSIBLE"),
    (16387, "IPCOMP_SUPPORTED"),
    (16388, "NAT_DETECTION_SOURCE_IP"),
    (16389, "NAT_DETECTION_DESTINATION_IP"),
    (16390, "COOKIE"),
    (16391, "USE_TRANSPORT_MODE"),
    (16392, "HTTP_CERT_LOOKUP_SUPPORTED"),
    (16393, "REKEY_SA"),
    (16394, "ESP_TFC_PADDING_NOT_SUPPORTED"),
    (16395, "NON_FIRST_FRAGMENTS_ALSO"),
    (16396, "MOBIKE_SUPPORTED"),
    (16404, "MULTIPLE_AUTH_SUPPORTED"),
    (16406, "REDIRECT_SUPPORTED"),
    (16430, "IKEV2_FRAGMENTATION_SUPPORTED"),
    (16431, "SIGNATURE_HASH_ALGORITHMS"),
];

/// What a notice is called.
pub(super) fn notice(kind: u16) -> Cow<'static, str> {
    found(NOTICES, kind.into())
}
