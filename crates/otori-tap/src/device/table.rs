//! The devices that are known, bounded: who was silent longest goes when there are too many.
//!
//! Key type: [`Table`]. A device is found again by any of its [`Key`]s; the newest address wins where a lease has moved.
use super::{Device, identity::Key};
use otori_wire::hash::Folding;
use std::{collections::HashMap, sync::Arc};

/// Devices at a time, unless the user says otherwise: some 3 kB each, 63 kB when all their tables are full.
pub const DEVICES: usize = 16_384;
/// Keys of one device; of more the oldest is forgotten.
pub const KEYS_PER_DEVICE: usize = 16;
/// Devices looked at to find one that goes.
const VICTIMS: usize = 64;

/// A place in the table.
struct Slot {
    device: Arc<Device>,
    keys: Vec<Key>,
}

/// All devices.
#[derive(Default)]
pub(super) struct Table {
    index: HashMap<Key, u32, Folding>,
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    hand: usize,
    limit: usize,
}

impl Table {
    pub(super) fn new(limit: usize) -> Table {
        Table { limit: limit.max(1), ..Table::default() }
    }
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
    /// Places, some of them free.
    pub(super) const fn places(&self) -> u32 {
        self.slots.len() as u32
    }
    /// The place of the device with that key.
    pub(super) fn find(&self, key: &Key) -> Option<u32> {
        self.index.get(key).copied()
    }
    pub(super) fn device(&self, place: u32) -> Option<&Arc<Device>> {
        self.slots.get(place as usize)?.as_ref().map(|slot| &slot.device)
    }
    pub(super) fn keys(&self, place: u32) -> &[Key] {
        self.slots.get(place as usize).and_then(Option::as_ref).map_or(&[], |slot| &slot.keys)
    }
    /// All, in no order.
    pub(super) fn devices(&self) -> impl Iterator<Item = (u32, &Arc<Device>)> {
        let slots = (0..).zip(&self.slots);
        slots.filter_map(|(place, slot)| Some((place, &slot.as_ref()?.device)))
    }
    /// A new device, and the one that had to go for it.
    pub(super) fn add(&mut self, device: Arc<Device>) -> (u32, Option<Arc<Device>>) {
        let gone = if self.len() >= self.limit { self.evict() } else { None };
        let slot = Some(Slot { device, keys: Vec::new() });
        let place = match self.free.pop() {
            Some(place) => place,
            None => {
                self.slots.push(None);
                (self.slots.len() - 1) as u32
            }
        };
        if let Some(free) = self.slots.get_mut(place as usize) {
            *free = slot;
        }
        (place, gone)
    }
    /// From now on `key` leads to that device, to nobody else. Gives a device that has lost its last key by it.
    pub(super) fn bind(&mut self, place: u32, key: Key) -> Option<Arc<Device>> {
        if self.index.get(&key) == Some(&place) {
            return None;
        }
        let slot = self.slots.get_mut(place as usize)?.as_mut()?;
        let surplus = (slot.keys.len() >= KEYS_PER_DEVICE).then(|| slot.keys.remove(0));
        slot.keys.push(key.clone());
        if let Some(old) = surplus {
            self.index.remove(&old);
        }
        let before = self.index.insert(key.clone(), place)?;
        let other = self.slots.get_mut(before as usize)?;
        let keys = &mut other.as_mut()?.keys;
        keys.retain(|have| *have != key);
        if !keys.is_empty() {
            return None;
        }
        self.free.push(before);
        other.take().map(|slot| slot.device)
    }
    /// The names of a device do not lead to it any more, but for one.
    pub(super) fn forget_names(&mut self, place: u32, but: Option<&Key>) {
        let Some(Some(slot)) = self.slots.get_mut(place as usize) else { return };
        let stale = |key: &Key| matches!(key, Key::Name(_)) && Some(key) != but;
        for key in slot.keys.iter().filter(|key| stale(key)) {
            self.index.remove(key);
        }
        slot.keys.retain(|key| !stale(key));
    }
    fn evict(&mut self) -> Option<Arc<Device>> {
        let mut victim: Option<(i64, usize)> = None;
        for _ in 0..VICTIMS.min(self.slots.len()) {
            self.hand = (self.hand + 1) % self.slots.len().max(1);
            let Some(Some(slot)) = self.slots.get(self.hand) else { continue };
            let last = slot.device.last_at().0;
            if victim.is_none_or(|(best, _)| last < best) {
                victim = Some((last, self.hand));
            }
        }
        let (_, place) = victim?;
        let slot = self.slots.get_mut(place)?.take()?;
        slot.keys.iter().for_each(|key| {
            self.index.remove(key);
        });
        self.free.push(place as u32);
        Some(slot.device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::{Label, identity::Told};
    use otori_event::Timestamp;

    fn device(at: i64) -> Arc<Device> {
        Arc::new(Device::new(Label { id: at.to_string(), told: Told::Address, entry: None }, Timestamp(at)))
    }
    fn name(text: &str) -> Key {
        Key::Name(text.into())
    }

    #[test]
    fn the_bound_holds_and_the_silent_go_first() {
        let mut table = Table::new(10);
        for at in 0..10 {
            let (place, gone) = table.add(device(at));
            table.bind(place, name(&at.to_string()));
            assert!(gone.is_none());
        }
        let first = table.find(&name("0")).unwrap();
        table.device(first).unwrap().touch(Timestamp(100));
        let (_, gone) = table.add(device(50));
        assert_eq!((gone.unwrap().label().id.as_str(), table.len()), ("1", 10));
        assert!(table.find(&name("1")).is_none() && table.find(&name("0")).is_some());
    }

    #[test]
    fn a_key_leads_to_one_device_and_old_ones_are_forgotten() {
        let mut table = Table::new(10);
        let ((one, _), (other, _)) = (table.add(device(0)), table.add(device(1)));
        table.bind(one, name("a"));
        table.bind(one, name("b"));
        assert!(table.bind(other, name("a")).is_none());
        assert_eq!((table.find(&name("a")), table.keys(one).len()), (Some(other), 1));
        let gone = table.bind(other, name("b")).unwrap();
        assert_eq!((gone.label().id.as_str(), table.len()), ("0", 1), "nothing leads to it any more");
        let one = table.add(device(2)).0;
        for number in 0..100 {
            table.bind(one, name(&number.to_string()));
        }
        assert_eq!(table.keys(one).len(), KEYS_PER_DEVICE);
        assert_eq!(table.index.len(), KEYS_PER_DEVICE + 2);
    }
}
