//! Generic netlink: the kernel has the controller of its families, and no other: nl80211 and its like are ENOENT. Key
//! function: [`answer`]. Specification: Documentation/userspace-api/netlink/intro.rst, `linux/genetlink.h`.
use super::message::{Body, Request};
use crate::errno::Errno;
use alloc::vec::Vec;

/// GENL_ID_CTRL
const CONTROLLER: u16 = 16;
const NAME: &str = "nlctrl";
/// CTRL_CMD_NEWFAMILY, CTRL_CMD_GETFAMILY
const NEW_FAMILY: u8 = 1;
const GET_FAMILY: u8 = 3;
/// Bytes of `struct genlmsghdr`.
const HEAD_BYTES: usize = 4;

/// The datagrams that answer a request.
pub(super) fn answer(request: &Request<'_>) -> Result<Vec<Vec<u8>>, Errno> {
    if request.kind != CONTROLLER {
        return Err(Errno::ENOENT);
    }
    if request.byte(0) != GET_FAMILY {
        return Err(Errno::EOPNOTSUPP);
    }
    if request.is_dump() {
        return Ok(request.series(Vec::from([(CONTROLLER, controller(request))])));
    }
    let name = request.attribute(HEAD_BYTES, 2);
    let number = request.attribute(HEAD_BYTES, 1).and_then(|bytes| bytes.get(..2)?.try_into().ok());
    let number = number.map(|bytes| request.endian.read_u16(bytes));
    let meant = match (name, number) {
        (Some(name), _) => name.split(|byte| *byte == 0).next() == Some(NAME.as_bytes()),
        (None, Some(number)) => number == CONTROLLER,
        (None, None) => return Err(Errno::EINVAL),
    };
    if meant { Ok(Vec::from([request.single(CONTROLLER, &controller(request))])) } else { Err(Errno::ENOENT) }
}

/// CTRL_CMD_NEWFAMILY of the controller itself: name, number, version, bytes of a header, attributes, commands.
fn controller(request: &Request<'_>) -> Vec<u8> {
    let endian = request.endian;
    // GETFAMILY with GENL_CMD_CAP_DO, DUMP and HASPOL
    let command = Body::new(endian, &[]).number(1, u32::from(GET_FAMILY)).number(2, 0xe).finish();
    let commands = Body::new(endian, &[]).attribute(1, &command).finish();
    Body::new(endian, &[NEW_FAMILY, 2, 0, 0])
        .text(2, NAME)
        .attribute(1, &endian.u16(CONTROLLER))
        .number(3, 2)
        .number(4, 0)
        .number(5, 10)
        .attribute(6, &commands)
        .finish()
}
