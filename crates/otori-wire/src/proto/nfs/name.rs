//! What numbers of NFS are called, as rules and EVE have them. RFC 1094 2.2, RFC 1813 3.3, RFC 7530 16.
use std::borrow::Cow;

/// Names of procedures of version 3 (and before it), and those of version 4 with [`super::VERSION_4`] added.
pub static PROCEDURES: &[(&str, u64)] = &[
    ("null", 0),
    ("getattr", 1),
    ("setattr", 2),
    ("lookup", 3),
    ("access", 4),
    ("readlink", 5),
    ("read", 6),
    ("write", 7),
    ("create", 8),
    ("mkdir", 9),
    ("symlink", 10),
    ("mknod", 11),
    ("remove", 12),
    ("rmdir", 13),
    ("rename", 14),
    ("link", 15),
    ("readdir", 16),
    ("readdirplus", 17),
    ("fsstat", 18),
    ("fsinfo", 19),
    ("pathconf", 20),
    ("commit", 21),
    ("access", 1003),
    ("close", 1004),
    ("commit", 1005),
    ("create", 1006),
    ("delegpurge", 1007),
    ("delegreturn", 1008),
    ("getattr", 1009),
    ("getfh", 1010),
    ("link", 1011),
    ("lock", 1012),
    ("lockt", 1013),
    ("locku", 1014),
    ("lookup", 1015),
    ("lookupp", 1016),
    ("nverify", 1017),
    ("open", 1018),
    ("openattr", 1019),
    ("open_confirm", 1020),
    ("open_downgrade", 1021),
    ("putfh", 1022),
    ("putpubfh", 1023),
    ("putrootfh", 1024),
    ("read", 1025),
    ("readdir", 1026),
    ("readlink", 1027),
    ("remove", 1028),
    ("rename", 1029),
    ("renew", 1030),
    ("restorefh", 1031),
    ("savefh", 1032),
    ("secinfo", 1033),
    ("setattr", 1034),
    ("setclientid", 1035),
    ("setclientid_confirm", 1036),
    ("verify", 1037),
    ("write", 1038),
    ("release_lockowner", 1039),
    ("backchannel_ctl", 1040),
    ("bind_conn_to_session", 1041),
    ("exchange_id", 1042),
    ("create_session", 1043),
    ("destroy_session", 1044),
    ("free_stateid", 1045),
    ("get_dir_delegation", 1046),
    ("getdeviceinfo", 1047),
    ("layoutcommit", 1049),
    ("layoutget", 1050),
    ("layoutreturn", 1051),
    ("secinfo_no_name", 1052),
    ("sequence", 1053),
    ("test_stateid", 1055),
    ("destroy_clientid", 1057),
    ("reclaim_complete", 1058),
];

/// Procedures of version 2.
const SECOND: [&str; 18] = [
    "NULL",
    "GETATTR",
    "SETATTR",
    "ROOT",
    "LOOKUP",
    "READLINK",
    "READ",
    "WRITECACHE",
    "WRITE",
    "CREATE",
    "REMOVE",
    "RENAME",
    "LINK",
    "SYMLINK",
    "MKDIR",
    "RMDIR",
    "READDIR",
    "STATFS",
];

/// What a procedure is called.
pub(super) fn procedure(version: u32, number: u32) -> Cow<'static, str> {
    if version == 2 {
        let name = SECOND.get(number as usize).copied();
        return name.map_or_else(|| number.to_string().into(), Cow::Borrowed);
    }
    let key = u64::from(number) + if version == 4 { super::VERSION_4 } else { 0 };
    let found = PROCEDURES.iter().find(|(_, have)| *have == key);
    found.map_or_else(|| number.to_string().into(), |(name, _)| name.to_ascii_uppercase().into())
}

/// What an outcome is called.
pub(super) fn status(number: u32) -> Cow<'static, str> {
    Cow::Borrowed(match number {
        0 => "OK",
        1 => "ERR_PERM",
        2 => "ERR_NOENT",
        5 => "ERR_IO",
        6 => "ERR_NXIO",
        13 => "ERR_ACCESS",
        17 => "ERR_EXIST",
        18 => "ERR_XDEV",
        19 => "ERR_NODEV",
        20 => "ERR_NOTDIR",
        21 => "ERR_ISDIR",
        22 => "ERR_INVAL",
        27 => "ERR_FBIG",
        28 => "ERR_NOSPC",
        30 => "ERR_ROFS",
        31 => "ERR_MLINK",
        63 => "ERR_NAMETOOLONG",
        66 => "ERR_NOTEMPTY",
        69 => "ERR_DQUOT",
        70 => "ERR_STALE",
        71 => "ERR_REMOTE",
        10001 => "ERR_BADHANDLE",
        10002 => "ERR_NOT_SYNC",
        10003 => "ERR_BAD_COOKIE",
        10004 => "ERR_NOTSUPP",
        10005 => "ERR_TOOSMALL",
        10006 => "ERR_SERVERFAULT",
        10007 => "ERR_BADTYPE",
        10008 => "ERR_JUKEBOX",
        _ => return number.to_string().into(),
    })
}

/// How a caller says who it is, RFC 5531 8.2.
pub(super) const fn flavor(number: u32) -> &'static str {
    match number {
        0 => "NULL",
        1 => "UNIX",
        2 => "SHORT",
        3 => "DES",
        4 => "KERB",
        5 => "RSA",
        6 => "GSS",
        _ => "UNKNOWN",
    }
}
