//! Small bounded memories of one device: the oldest goes when there are too many.
//!
//! Key types: [`Few`] (values), [`Lately`] (values by key). Searched one by one: their bounds are small.
use otori_event::Timestamp;

/// Some values, each once, the latest last.
#[derive(Clone, Debug)]
pub struct Few<T> {
    list: Vec<T>,
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Few { list: Vec::new() }
    }
}

impl<T: PartialEq> Few<T> {
    /// Adds a value; whether it is new. Beyond `limit` the oldest goes.
    pub fn add(&mut self, value: T, limit: usize) -> bool {
        if self.list.contains(&value) {
            return false;
        }
        if self.list.len() >= limit.max(1) {
            self.list.remove(0);
        }
        self.list.push(value);
        true
    }
    /// The values.
    pub fn iter(&self) -> core::slice::Iter<'_, T> {
        self.list.iter()
    }
    /// How many.
    pub const fn len(&self) -> usize {
        self.list.len()
    }
    /// None.
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
    /// Forgets them.
    pub fn clear(&mut self) {
        self.list.clear();
    }
}

/// Values by key; who was not asked for longest goes.
#[derive(Clone, Debug)]
pub struct Lately<K, V> {
    list: Vec<(K, V, Timestamp)>,
}

impl<K, V> Default for Lately<K, V> {
    fn default() -> Self {
        Lately { list: Vec::new() }
    }
}

impl<K: PartialEq, V: Default> Lately<K, V> {
    /// The value of a key, made if there is none; beyond `limit` the oldest goes.
    pub fn entry(&mut self, key: K, at: Timestamp, limit: usize) -> &mut V {
        let place = match self.list.iter().position(|(have, ..)| *have == key) {
            Some(place) => place,
            None if self.list.len() >= limit.max(1) => {
                let oldest = self.list.iter().enumerate().min_by_key(|(_, (.., at))| *at);
                let place = oldest.map_or(0, |(place, _)| place);
                self.list[place] = (key, V::default(), at);
                place
            }
            None => {
                self.list.push((key, V::default(), at));
                self.list.len() - 1
            }
        };
        let (_, value, last) = &mut self.list[place];
        *last = (*last).max(at);
        value
    }
    /// The value of a key, if there is one.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.list.iter_mut().find(|(have, ..)| have == key).map(|(_, value, _)| value)
    }
    /// Keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.list.iter().map(|(key, value, _)| (key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes() {
        let mut few = Few::default();
        assert!(few.add(1, 2) && !few.add(1, 2) && few.add(2, 2) && few.add(3, 2));
        assert_eq!(few.iter().copied().collect::<Vec<_>>(), [2, 3]);
        let mut lately: Lately<u8, u32> = Lately::default();
        for (key, at) in [(1, 1), (2, 2), (1, 3), (3, 4)] {
            *lately.entry(key, Timestamp(at), 2) += 1;
        }
        assert_eq!(lately.iter().map(|(key, value)| (*key, *value)).collect::<Vec<_>>(), [(1, 2), (3, 1)]);
    }
}
