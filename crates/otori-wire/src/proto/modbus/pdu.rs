//! What a Modbus message asks or answers.
//!
//! Key type: [`Pdu`]. MODBUS Application Protocol V1.1b3 4 to 7; names as Suricata's EVE log has them.
use crate::{cursor::Cursor, flow::Direction, reused::refill};
use Direction::ToServer;
use std::borrow::Cow;

pub(super) const DIAGNOSTIC: u8 = 8;
pub(super) const MEI: u8 = 43;

/// What a request writes.
#[derive(Default)]
pub(super) enum Written {
    /// nothing
    #[default]
    Nothing,
    /// one coil or register
    Single(u16),
    /// bits of a register
    Mask(u16, u16),
    /// coils, as the data has them
    Bits,
    /// registers, as the data has them
    Words,
}

/// A function with its data.
#[derive(Default)]
pub(super) struct Pdu {
    pub(super) function: u8,
    pub(super) subfunction: Option<u16>,
    pub(super) exception: Option<u8>,
    /// first address, from 0, and how many: what is read, or written
    pub(super) range: Option<(u16, u16)>,
    /// what is read
    pub(super) read_range: Option<(u16, u16)>,
    pub(super) written: Written,
    /// what is written, or what has no form here
    pub(super) data: Vec<u8>,
    pub(super) anomalies: Vec<&'static str>,
}

/// Number, name, access as bits of `ACCESSES`; sorted.
const FUNCTIONS: &[(u8, &str, u64)] = &[
    (1, "RdCoils", 1 | 8),
    (2, "RdDiscreteInputs", 1 | 4),
    (3, "RdHoldRegs", 1 | 32),
    (4, "RdInputRegs", 1 | 16),
    (5, "WrSingleCoil", 2 | 8),
    (6, "WrSingleReg", 2 | 32),
    (7, "RdExcStatus", 0),
    (8, "Diagnostic", 0),
    (9, "Program484", 0),
    (10, "Poll484", 0),
    (11, "GetCommEventCtr", 0),
    (12, "GetCommEventLog", 0),
    (13, "ProgramController", 0),
    (14, "PollController", 0),
    (15, "WrMultCoils", 2 | 8),
    (16, "WrMultRegs", 2 | 32),
    (17, "ReportServerID", 0),
    (18, "Program884", 0),
    (19, "ResetCommLink", 0),
    (20, "RdFileRec", 0),
    (21, "WrFileRec", 0),
    (22, "MaskWrReg", 2 | 32),
    (23, "RdWrMultRegs", 1 | 2 | 32),
    (24, "RdFIFOQueue", 0),
    (43, "MEI", 0),
];
/// Names of the bits of an access, in the order in which they are shown.
const ACCESS_NAMES: &[(u64, &str)] =
    &[(1, "READ"), (2, "WRITE"), (4, "DISCRETES"), (8, "COILS"), (16, "INPUT"), (32, "HOLDING")];

const EXCEPTIONS: &[&str] = &[
    "Unknown",
    "IllegalFunction",
    "IllegalDataAddr",
    "IllegalDataValue",
    "ServerDeviceFail",
    "Ack",
    "ServerDeviceBusy",
    "NegAck",
    "MemParityErr",
    "Unknown",
    "GatewayPathUnavailable",
    "GatewayTargetFailToResp",
];

const DIAGNOSTICS: &[(u16, &str)] = &[
    (0, "RetQueryData"),
    (1, "RestartCommOpt"),
    (2, "RetDiagReg"),
    (3, "ChangeInputDelimiter"),
    (4, "ForceListenOnlyMode"),
    (10, "ClearCtrDiagReg"),
    (11, "RetBusMsgCount"),
    (12, "RetBusCommErrCount"),
    (13, "RetBusExcErrCount"),
    (14, "RetServerMsgCount"),
    (15, "RetServerNoRespCount"),
    (16, "RetServerNAKCount"),
    (17, "RetServerBusyCount"),
    (18, "RetBusCharOverrunCount"),
    (20, "ClearOverrunCounterFlag"),
];

fn named(table: &[(u16, &'static str)], number: u16) -> &'static str {
    table.iter().find(|(have, _)| *have == number).map_or("Reserved", |(_, name)| name)
}
pub(super) fn diagnostic_name(number: u16) -> &'static str {
    named(DIAGNOSTICS, number)
}
pub(super) fn exception_name(code: u8) -> &'static str {
    EXCEPTIONS.get(usize::from(code)).copied().unwrap_or("Unknown")
}
pub(super) fn mei_name(kind: Option<u16>) -> &'static str {
    match kind {
        Some(13) => "CANOpenGenRefReqResp",
        Some(14) => "RdDevId",
        _ => "Unknown",
    }
}

impl Pdu {
    /// Reads the function and its data in place of what was there; `None` when there is none.
    pub(super) fn read(&mut self, direction: Direction, bytes: &[u8]) -> Option<()> {
        let mut cursor = Cursor::new(bytes);
        let first = cursor.u8()?;
        let (mut data, mut anomalies) =
            (core::mem::take(&mut self.data), core::mem::take(&mut self.anomalies));
        data.clear();
        anomalies.clear();
        *self = Pdu { function: first & 0x7f, data, anomalies, ..Pdu::default() };
        if first & 0x80 != 0 {
            self.exception = cursor.u8();
            if self.exception.is_none_or(|code| exception_name(code) == "Unknown") {
                self.anomalies.push("modbus.invalid_exception_code");
            }
            return Some(());
        }
        if self.category() & 1 == 0 && self.function == 0 {
            self.anomalies.push("modbus.invalid_function_code");
        }
        let read = match direction {
            ToServer => self.request(&mut cursor),
            Direction::ToClient => self.answer(&mut cursor),
        };
        if read.is_none() {
            self.anomalies.push("modbus.invalid_length");
        }
        Some(())
    }
    fn request(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        match self.function {
            1..=4 => {
                let range = (cursor.u16()?, cursor.u16()?);
                let most = if self.function <= 2 { 2000 } else { 125 };
                if range.1 == 0 || range.1 > most {
                    self.anomalies.push("modbus.invalid_value");
                }
                (self.range, self.read_range) = (Some(range), Some(range));
            }
            5 | 6 => {
                self.range = Some((cursor.u16()?, 1));
                let value = cursor.u16()?;
                if self.function == 5 && !matches!(value, 0 | 0xff00) {
                    self.anomalies.push("modbus.invalid_value");
                }
                self.written = Written::Single(value);
            }
            8 => {
                self.subfunction = Some(cursor.u16()?);
                refill(&mut self.data, cursor.rest());
            }
            15 | 16 => {
                let range = (cursor.u16()?, cursor.u16()?);
                self.range = Some(range);
                self.values(range.1, cursor)?;
            }
            22 => {
                self.range = Some((cursor.u16()?, 1));
                self.written = Written::Mask(cursor.u16()?, cursor.u16()?);
            }
            23 => {
                self.read_range = Some((cursor.u16()?, cursor.u16()?));
                let range = (cursor.u16()?, cursor.u16()?);
                self.range = Some(range);
                self.values(range.1, cursor)?;
            }
            MEI => {
                self.subfunction = Some(u16::from(cursor.u8()?));
                refill(&mut self.data, cursor.rest());
            }
            _ => refill(&mut self.data, cursor.rest()),
        }
        Some(())
    }
    /// The counted values of a write.
    fn values(&mut self, quantity: u16, cursor: &mut Cursor<'_>) -> Option<()> {
        let length = usize::from(cursor.u8()?);
        let bits = self.function == 15;
        let wanted = if bits { usize::from(quantity).div_ceil(8) } else { usize::from(quantity) * 2 };
        if length != wanted {
            self.anomalies.push("modbus.invalid_value");
        }
        refill(&mut self.data, cursor.take(length)?);
        self.written = if bits { Written::Bits } else { Written::Words };
        Some(())
    }
    fn answer(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        match self.function {
            1..=4 | 23 => {
                let length = usize::from(cursor.u8()?);
                refill(&mut self.data, cursor.take(length)?);
            }
            5 | 6 => {
                self.range = Some((cursor.u16()?, 1));
                self.written = Written::Single(cursor.u16()?);
            }
            8 => {
                self.subfunction = Some(cursor.u16()?);
                refill(&mut self.data, cursor.rest());
            }
            15 | 16 => self.range = Some((cursor.u16()?, cursor.u16()?)),
            22 => {
                self.range = Some((cursor.u16()?, 1));
                self.written = Written::Mask(cursor.u16()?, cursor.u16()?);
            }
            MEI => {
                self.subfunction = Some(u16::from(cursor.u8()?));
                refill(&mut self.data, cursor.rest());
            }
            _ => refill(&mut self.data, cursor.rest()),
        }
        Some(())
    }

    fn row(&self) -> Option<&'static (u8, &'static str, u64)> {
        let place = FUNCTIONS.binary_search_by_key(&self.function, |(number, ..)| *number);
        place.ok().and_then(|place| FUNCTIONS.get(place))
    }
    pub(super) fn function_name(&self) -> &'static str {
        self.row().map_or("Unknown", |(_, name, _)| name)
    }
    /// How it touches the tables, as bits.
    pub(super) fn access(&self) -> u64 {
        self.row().map_or(0, |(.., access)| *access)
    }
    pub(super) fn access_name(&self) -> Cow<'static, str> {
        let access = self.access();
        let names = ACCESS_NAMES.iter().filter(|(bit, _)| access & bit != 0).map(|(_, name)| *name);
        match access {
            0 => "NONE".into(),
            _ => names.collect::<Vec<_>>().join(" | ").into(),
        }
    }
    /// Category as a bit: assigned, unassigned, user, reserved.
    pub(super) fn category(&self) -> u64 {
        match (self.function, self.subfunction) {
            (8, Some(number)) if diagnostic_name(number) == "Reserved" => 8,
            (MEI, Some(kind)) if !matches!(kind, 13 | 14) => 8,
            (9 | 10 | 13 | 14 | 18 | 19 | 40..=42 | 90 | 91 | 125..=127, _) => 8,
            (65..=72 | 100..=110, _) => 4,
            (number, _) if FUNCTIONS.iter().any(|(have, ..)| *have == number) => 1,
            _ => 2,
        }
    }
    pub(super) fn category_name(&self) -> &'static str {
        match self.category() {
            1 => "PUBLIC_ASSIGNED",
            2 => "PUBLIC_UNASSIGNED",
            4 => "USER_DEFINED",
            _ => "RESERVED",
        }
    }
    /// What was wrong, in EVE's words.
    pub(super) fn error_flags(&self) -> Cow<'static, str> {
        let word = |name: &&str| match *name {
            "modbus.invalid_length" => "DATA_LENGTH",
            "modbus.invalid_value" => "DATA_VALUE",
            "modbus.invalid_exception_code" => "EXC_CODE",
            _ => "FUNC_CODE",
        };
        match self.anomalies.is_empty() {
            true => "NONE".into(),
            false => self.anomalies.iter().map(word).collect::<Vec<_>>().join(" | ").into(),
        }
    }
    /// Addresses, from 0, and what is written there.
    pub(super) fn written_values(&self) -> impl Iterator<Item = (u16, u16)> + '_ {
        let (first, count) = self.range.unwrap_or((0, 0));
        (0..count).map_while(move |place| {
            let at = usize::from(place);
            let value = match &self.written {
                Written::Single(value) => Some(*value),
                Written::Words => {
                    self.data.get(at * 2..at * 2 + 2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                }
                Written::Bits => self.data.get(at / 8).map(|byte| u16::from(byte >> (at % 8) & 1)),
                Written::Nothing | Written::Mask(..) => None,
            };
            value.map(|value| (first.wrapping_add(place), value))
        })
    }
}
