//! One encapsulated message: its head, the identity of a device, CIP requests and answers.
//!
//! Key types: [`Message`], [`Cip`], [`Identity`]. "The CIP Networks Library", volume 1, 2-4 and appendix C-1.4 (paths).
use crate::{cursor::Cursor, proto::Record};

/// Bytes of the encapsulation's head.
pub(super) const HEAD: usize = 24;
/// Items and embedded messages that are read of one message.
const ITEMS: usize = 32;

/// Commands, volume 2, table 2-3.2.
pub(super) const COMMANDS: &[(&str, u64)] = &[
    ("nop", 0),
    ("list_services", 4),
    ("list_identity", 0x63),
    ("list_interfaces", 0x64),
    ("register_session", 0x65),
    ("unregister_session", 0x66),
    ("send_rr_data", 0x6f),
    ("send_unit_data", 0x70),
    ("indicate_status", 0x72),
    ("cancel", 0x73),
];
/// Statuses, volume 2, table 2-3.3.
pub(super) const STATUSES: &[(&str, u64)] = &[
    ("success", 0),
    ("invalid_cmd", 1),
    ("no_resources", 2),
    ("incorrect_data", 3),
    ("invalid_session", 0x64),
    ("invalid_length", 0x65),
    ("unsupported_protocol_revision", 0x69),
    ("encapsulated_cip_service_not_allowed", 0x6a),
];
/// Makers that are met often, by ODVA's number.
const VENDORS: &[(u16, &str)] = &[
    (1, "Rockwell Automation/Allen-Bradley"),
    (40, "WAGO Corporation"),
    (47, "OMRON Corporation"),
    (90, "HMS Industrial Networks AB"),
    (161, "Mitsubishi Electric Corporation"),
    (243, "Schneider Electric"),
    (283, "Hilscher GmbH"),
];
/// Services that all objects share, volume 1, appendix A.
const SERVICES: &[(u8, &str)] = &[
    (1, "get_attributes_all"),
    (2, "set_attributes_all"),
    (3, "get_attribute_list"),
    (4, "set_attribute_list"),
    (5, "reset"),
    (6, "start"),
    (7, "stop"),
    (8, "create"),
    (9, "delete"),
    (10, "multiple_service_packet"),
    (13, "apply_attributes"),
    (14, "get_attribute_single"),
    (16, "set_attribute_single"),
    (17, "find_next_object_instance"),
    (75, "execute_pccc"),
    (76, "read_tag"),
    (77, "write_tag"),
    (78, "forward_close"),
    (84, "forward_open"),
];
const MULTIPLE: u8 = 10;

/// One CIP request or answer.
#[derive(Default)]
pub(super) struct Cip {
    /// with the top bit set in an answer
    pub(super) service: u8,
    pub(super) class: Option<u32>,
    pub(super) instance: Option<u32>,
    pub(super) attribute: Option<u32>,
    pub(super) status: Option<u8>,
}

/// What a device says of itself, volume 2, table 2-4.4.
pub(super) struct Identity {
    pub(super) protocol_version: u16,
    pub(super) vendor: u16,
    pub(super) device_type: u16,
    pub(super) product_code: u16,
    pub(super) revision: [u8; 2],
    pub(super) status: u16,
    pub(super) serial: u32,
    pub(super) product_name: Vec<u8>,
    pub(super) state: u8,
}

/// A message.
#[derive(Default)]
pub(super) struct Message {
    pub(super) command: u16,
    pub(super) status: u32,
    session: u32,
    pub(super) identity: Option<Identity>,
    pub(super) cip: Vec<Cip>,
    /// all that was announced could be read
    pub(super) whole: bool,
}

fn two(cursor: &mut Cursor<'_>) -> Option<u16> {
    cursor.u16().map(u16::swap_bytes)
}
fn four(cursor: &mut Cursor<'_>) -> Option<u32> {
    cursor.u32().map(u32::swap_bytes)
}

/// The command of a message whose head is there.
pub(super) fn command(bytes: &[u8]) -> Option<u16> {
    two(&mut Cursor::new(bytes.get(..HEAD)?))
}

impl Message {
    /// Reads a message whose head is there in place of what was there.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        self.cip.clear();
        self.identity = None;
        self.whole = self.head_and_data(bytes).unwrap_or(false);
    }
    /// Whether all that was announced could be read.
    fn head_and_data(&mut self, bytes: &[u8]) -> Option<bool> {
        let mut cursor = Cursor::new(bytes);
        self.command = two(&mut cursor)?;
        let length = usize::from(two(&mut cursor)?);
        (self.session, self.status) = (four(&mut cursor)?, four(&mut cursor)?);
        cursor.skip(12)?;
        let whole = cursor.left() >= length;
        Some(whole & (length == 0 || self.data(&mut cursor).is_some()))
    }
    fn data(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        match self.command {
            0x63 => {}
            0x6f | 0x70 => cursor.skip(6)?,
            _ => return Some(()),
        }
        for _ in 0..usize::from(two(cursor)?).min(ITEMS) {
            let kind = two(cursor)?;
            let length = usize::from(two(cursor)?);
            let mut item = Cursor::new(cursor.take(length)?);
            match kind {
                0x0c => self.identity = Some(identity(&mut item)?),
                0xb1 => {
                    item.skip(2)?;
                    self.cip(item.rest(), 0)?;
                }
                0xb2 => self.cip(item.rest(), 0)?,
                _ => {}
            }
        }
        Some(())
    }
    fn cip(&mut self, bytes: &[u8], depth: u8) -> Option<()> {
        if self.cip.len() >= ITEMS || depth > 2 {
            return None;
        }
        let mut cursor = Cursor::new(bytes);
        let mut cip = Cip { service: cursor.u8()?, ..Cip::default() };
        if cip.service & 0x80 != 0 {
            cursor.skip(1)?;
            cip.status = Some(cursor.u8()?);
            let more = usize::from(cursor.u8()?) * 2;
            cursor.skip(more)?;
        } else {
            let words = usize::from(cursor.u8()?);
            let mut path = Cursor::new(cursor.take(words * 2)?);
            while let Some(segment) = path.u8() {
                let value = match segment & 3 {
                    0 => u32::from(path.u8()?),
                    1 => {
                        path.skip(1)?;
                        u32::from(two(&mut path)?)
                    }
                    2 => {
                        path.skip(1)?;
                        four(&mut path)?
                    }
                    _ => break,
                };
                match segment >> 2 {
                    8 => cip.class = Some(value),
                    9 => cip.instance = Some(value),
                    12 => cip.attribute = Some(value),
                    _ => break,
                }
            }
        }
        let many = cip.service & 0x7f == MULTIPLE;
        self.cip.push(cip);
        if many {
            let list = cursor.rest();
            let mut offsets = Cursor::new(list);
            for _ in 0..usize::from(two(&mut offsets)?).min(ITEMS) {
                let offset = usize::from(two(&mut offsets)?);
                self.cip(list.get(offset..)?, depth + 1)?;
            }
        }
        Some(())
    }

    /// What EVE shows of it.
    pub(super) fn log(&self, record: &mut dyn Record) {
        let text = |table: &[(&'static str, u64)], number: u64| match table.iter().find(|row| row.1 == number)
        {
            Some((name, _)) => (*name).to_owned(),
            None => number.to_string(),
        };
        record.text("command", text(COMMANDS, u64::from(self.command)).as_bytes());
        record.text("status", text(STATUSES, u64::from(self.status)).as_bytes());
        if self.session != 0 {
            record.number("session", i64::from(self.session));
        }
        if let Some(identity) = &self.identity {
            record.object("identity", &mut |record| identity.log(record));
        }
        if let Some(first) = self.cip.first() {
            record.object("cip", &mut |record| first.log(&self.cip, record));
        }
    }
}

impl Cip {
    fn name(&self) -> String {
        let service = self.service & 0x7f;
        let found = SERVICES.iter().find(|(number, _)| *number == service);
        found.map_or_else(|| service.to_string(), |(_, name)| (*name).to_owned())
    }
    fn log(&self, all: &[Cip], record: &mut dyn Record) {
        record.text("service", self.name().as_bytes());
        for (key, value) in
            [("class", self.class), ("instance", self.instance), ("attribute", self.attribute)]
        {
            value.into_iter().for_each(|value| record.number(key, i64::from(value)));
        }
        if let Some(status) = self.status {
            record.number("status", i64::from(status));
        }
        let inner = all.get(1..).unwrap_or(&[]);
        if !inner.is_empty() {
            record.list("multiple", inner.len(), &mut |place, record| {
                inner.get(place).into_iter().for_each(|cip| cip.log(&[], record));
            });
        }
    }
}

fn identity(cursor: &mut Cursor<'_>) -> Option<Identity> {
    let protocol_version = two(cursor)?;
    // The address at which the device is reached.
    cursor.skip(16)?;
    let (vendor, device_type, product_code) = (two(cursor)?, two(cursor)?, two(cursor)?);
    let revision = [cursor.u8()?, cursor.u8()?];
    let (status, serial) = (two(cursor)?, four(cursor)?);
    let length = usize::from(cursor.u8()?);
    let product_name = cursor.take(length)?.to_vec();
    let state = cursor.u8()?;
    Some(Identity {
        protocol_version,
        vendor,
        device_type,
        product_code,
        revision,
        status,
        serial,
        product_name,
        state,
    })
}

impl Identity {
    fn log(&self, record: &mut dyn Record) {
        record.number("protocol_version", i64::from(self.protocol_version));
        let [major, minor] = self.revision;
        record.text("revision", format!("{major}.{minor}").as_bytes());
        match VENDORS.iter().find(|(number, _)| *number == self.vendor) {
            Some((_, name)) => record.text("vendor_id", name.as_bytes()),
            None => record.text("vendor_id", self.vendor.to_string().as_bytes()),
        }
        record.number("device_type", i64::from(self.device_type));
        record.number("product_code", i64::from(self.product_code));
        record.number("status", i64::from(self.status));
        record.number("serial", i64::from(self.serial));
        record.text("product_name", &self.product_name);
        record.number("state", i64::from(self.state));
    }
}
