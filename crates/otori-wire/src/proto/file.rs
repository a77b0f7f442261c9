//! Fields of files in transfer, the same for every protocol that carries files.
use super::ProtocolId;
use crate::transaction::FieldId;

/// A file's bytes on the way to the client.
pub const DATA_TO_CLIENT: FieldId = FieldId::new(ProtocolId::Shared, 0);
/// A file's bytes on the way to the server.
pub const DATA_TO_SERVER: FieldId = FieldId::new(ProtocolId::Shared, 1);
