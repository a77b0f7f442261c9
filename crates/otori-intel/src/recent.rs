//! A bounded map that forgets the oldest entry first.
//!
//! Key type: [`Recent`]. It holds what later events of the same session or artifact need to know.
use std::collections::{BTreeMap, VecDeque};

/// At most `max` entries; a new key pushes the oldest out.
#[derive(Clone, Debug)]
pub(crate) struct Recent<K, V> {
    entries: BTreeMap<K, V>,
    order: VecDeque<K>,
    max: usize,
}

impl<K: Ord + Clone, V: Default> Recent<K, V> {
    pub(crate) fn new(max: usize) -> Self {
        Recent { entries: BTreeMap::new(), order: VecDeque::new(), max: max.max(1) }
    }
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key)
    }
    /// The value of `key`, made if it is new.
    pub(crate) fn entry(&mut self, key: K) -> &mut V {
        if !self.entries.contains_key(&key) {
            if self.order.len() >= self.max
                && let Some(oldest) = self.order.pop_front()
            {
                self.entries.remove(&oldest);
            }
            self.order.push_back(key.clone());
        }
        self.entries.entry(key).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first() {
        let mut recent = Recent::<u32, u32>::new(2);
        *recent.entry(1) = 10;
        *recent.entry(2) = 20;
        *recent.entry(1) = 11;
        *recent.entry(3) = 30;
        assert_eq!((recent.get(&1), recent.get(&2), recent.get(&3)), (None, Some(&20), Some(&30)));
    }
}
