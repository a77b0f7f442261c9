//! Whose a flow is; kept with it.
//!
//! Key types: [`Ends`], [`Story`] (how far the devices were told what happens in the flow).
use super::{Device, Label, contact::Begin, login::Pending};
use core::ops::{Deref, DerefMut};
use otori_event::Timestamp;
use otori_wire::Direction;
use std::sync::{Arc, LazyLock};

/// The devices at the ends of a flow.
#[derive(Default)]
pub struct Ends {
    /// who opened it
    pub client: Option<Arc<Device>>,
    /// the other side
    pub server: Option<Arc<Device>>,
    /// what has happened, as far as the devices were told
    pub(crate) story: Story,
}

/// How far the devices of a flow were told what happens in it.
#[derive(Default)]
pub(crate) struct Story {
    /// name of the server, as the client has told it there
    pub(crate) said: Option<Arc<str>>,
    /// name of the server, as the client has found its address
    pub(crate) found: Option<Arc<str>>,
    /// what the first packet says of who opened it
    pub(crate) begin: Begin,
    /// the server has answered
    pub(crate) answered: bool,
    /// packets and bytes that were told, and when
    pub(crate) told: ([u64; 2], [u64; 2]),
    pub(crate) told_at: Timestamp,
    pub(crate) login: Option<Box<Pending>>,
}

/// The same, in a box that most flows do without: nobody tells devices apart, or none is of ours.
#[derive(Default)]
pub(crate) struct FlowEnds(Option<Box<Ends>>);

impl FlowEnds {
    /// Nobody of ours.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|ends| ends.is_empty())
    }
    /// Who was taken for the one that opened it is the other side.
    pub(crate) fn turn(&mut self) {
        if let Some(ends) = &mut self.0 {
            ends.turn();
        }
    }
}

impl From<Ends> for FlowEnds {
    fn from(ends: Ends) -> FlowEnds {
        FlowEnds(Some(Box::new(ends)))
    }
}

static NOBODY: LazyLock<Ends> = LazyLock::new(Ends::default);

impl Deref for FlowEnds {
    type Target = Ends;
    fn deref(&self) -> &Ends {
        self.0.as_ref().map_or(&NOBODY, |ends| ends)
    }
}

impl DerefMut for FlowEnds {
    fn deref_mut(&mut self) -> &mut Ends {
        self.0.get_or_insert_default()
    }
}

impl Ends {
    /// Who was taken for the one that opened it is the other side.
    pub(crate) const fn turn(&mut self) {
        core::mem::swap(&mut self.client, &mut self.server);
    }
    /// Nobody of ours.
    pub const fn is_empty(&self) -> bool {
        self.client.is_none() && self.server.is_none()
    }
    /// The devices, each with the direction in which it sends.
    pub fn devices(&self) -> impl Iterator<Item = (&Arc<Device>, Direction)> {
        let client = self.client.iter().map(|device| (device, Direction::ToServer));
        client.chain(self.server.iter().map(|device| (device, Direction::ToClient)))
    }
    /// The device that the flow is counted for, and the direction in which it sends: between two devices, who opened it.
    pub fn subject(&self) -> Option<(&Arc<Device>, Direction)> {
        let client = self.client.as_ref().map(|device| (device, Direction::ToServer));
        client.or_else(|| self.server.as_ref().map(|device| (device, Direction::ToClient)))
    }
    /// The names of that device.
    pub fn label(&self) -> Option<Arc<Label>> {
        self.subject().map(|(device, _)| device.label())
    }
}
