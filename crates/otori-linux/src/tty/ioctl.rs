//! Terminal requests of ioctl(2); key type [`TtyRequest`]. Specification: ioctl_tty(2), `asm/ioctls.h`.
use crate::abi::Numbering;

/// What a terminal is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TtyRequest {
    /// TCGETS
    Get,
    /// TCSETS: at once
    Set,
    /// TCSETSW: when output is drained
    SetDrain,
    /// TCSETSF: when output is drained, input thrown away
    SetFlush,
    /// TCGETA, of System V
    GetOld,
    /// TCSETA
    SetOld,
    /// TCSETAW
    SetOldDrain,
    /// TCSETAF
    SetOldFlush,
    /// TCGETS2
    Get2,
    /// TCSETS2
    Set2,
    /// TCSETSW2
    SetDrain2,
    /// TCSETSF2
    SetFlush2,
    /// TCSBRK, TCSBRKP: wait until output is drained
    Drain,
    /// TCXONC: stop or start
    Flow,
    /// TCFLSH: throw away input (0), output (1) or both (2)
    Flush,
    /// TIOCSCTTY
    MakeControlling,
    /// TIOCNOTTY
    GiveUpControlling,
    /// TIOCGPGRP
    GetGroup,
    /// TIOCSPGRP
    SetGroup,
    /// TIOCGSID
    GetSession,
    /// TIOCOUTQ
    OutputQueue,
    /// TIOCINQ, FIONREAD
    InputQueue,
    /// TIOCSTI
    Simulate,
    /// TIOCGWINSZ
    GetSize,
    /// TIOCSWINSZ
    SetSize,
    /// TIOCMGET
    GetModem,
    /// TIOCGETD
    GetDiscipline,
    /// TIOCEXCL, TIOCNXCL
    Exclusive,
    /// TIOCGPTN
    GetNumber,
    /// TIOCSPTLCK
    SetLock,
    /// TIOCPKT
    SetPacketMode,
    /// TIOCGPKT
    GetPacketMode,
    /// TIOCVHANGUP
    HangUp,
}

/// Requests with their numbers: generic, MIPS.
const TABLE: &[(TtyRequest, u32, u32)] = &[
    (TtyRequest::Get, 0x5401, 0x540d),
    (TtyRequest::Set, 0x5402, 0x540e),
    (TtyRequest::SetDrain, 0x5403, 0x540f),
    (TtyRequest::SetFlush, 0x5404, 0x5410),
    (TtyRequest::GetOld, 0x5405, 0x5401),
    (TtyRequest::SetOld, 0x5406, 0x5402),
    (TtyRequest::SetOldDrain, 0x5407, 0x5403),
    (TtyRequest::SetOldFlush, 0x5408, 0x5404),
    (TtyRequest::Get2, 0x802c_542a, 0x4030_542a),
    (TtyRequest::Set2, 0x402c_542b, 0x8030_542b),
    (TtyRequest::SetDrain2, 0x402c_542c, 0x8030_542c),
    (TtyRequest::SetFlush2, 0x402c_542d, 0x8030_542d),
    (TtyRequest::Drain, 0x5409, 0x5405),
    (TtyRequest::Drain, 0x5425, 0x5486),
    (TtyRequest::Flow, 0x540a, 0x5406),
    (TtyRequest::Flush, 0x540b, 0x5407),
    (TtyRequest::Exclusive, 0x540c, 0x740d),
    (TtyRequest::Exclusive, 0x540d, 0x740e),
    (TtyRequest::MakeControlling, 0x540e, 0x5480),
    (TtyRequest::GetGroup, 0x540f, 0x4004_7477),
    (TtyRequest::SetGroup, 0x5410, 0x8004_7476),
    (TtyRequest::OutputQueue, 0x5411, 0x7472),
    (TtyRequest::Simulate, 0x5412, 0x5472),
    (TtyRequest::GetSize, 0x5413, 0x4008_7468),
    (TtyRequest::SetSize, 0x5414, 0x8008_7467),
    (TtyRequest::GetModem, 0x5415, 0x741d),
    (TtyRequest::InputQueue, 0x541b, 0x467f),
    (TtyRequest::SetPacketMode, 0x5420, 0x5470),
    (TtyRequest::GetPacketMode, 0x8004_5438, 0x4004_5438),
    (TtyRequest::GiveUpControlling, 0x5422, 0x5471),
    (TtyRequest::GetDiscipline, 0x5424, 0x7400),
    (TtyRequest::GetSession, 0x5429, 0x7416),
    (TtyRequest::GetNumber, 0x8004_5430, 0x4004_5430),
    (TtyRequest::SetLock, 0x4004_5431, 0x8004_5431),
    (TtyRequest::HangUp, 0x5437, 0x5437),
];

impl TtyRequest {
    /// The request with that number.
    pub fn from_number(number: u32, numbering: Numbering) -> Option<TtyRequest> {
        let row = TABLE.iter().find(|row| match numbering {
            Numbering::Generic => row.1 == number,
            Numbering::Mips => row.2 == number,
        });
        row.map(|row| row.0)
    }
}
