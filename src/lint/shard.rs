//! Splits a run into parts for several machines: `--shard I/N`.

use std::str::FromStr;

/// One part of a run: `index` of `of`, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 1.
    pub index: usize,
    /// Of how many.
    pub of: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a part of a whole: write `--shard 2/5`");
        let (index, of) = text.split_once('/').ok_or_else(wrong)?;
        let index = index.trim().parse().map_err(|_| wrong())?;
        let of = of.trim().parse().map_err(|_| wrong())?;
        if index == 0 || index > of {
            return Err(format!("part {index} of {of} does not exist: parts count from 1"));
        }
        Ok(Self { index, of })
    }
}

/// Groups of units that must be in the same part, because one finding may come from several of them: the releases of a
/// chart, releases that share a values file, the manifests of a directory. A union-find structure.
#[derive(Debug)]
pub struct Groups {
    parent: Vec<usize>,
}

impl Groups {
    /// `count` units, each in a group of its own.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self { parent: (0..count).collect() }
    }

    /// Merges the groups of two units.
    pub fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.of(a), self.of(b));
        // The smallest unit stands for the group, in whatever order groups are merged.
        self.parent[a.max(b)] = a.min(b);
    }

    /// The smallest unit of a unit's group.
    pub fn of(&mut self, unit: usize) -> usize {
        let mut at = unit;
        while self.parent[at] != at {
            self.parent[at] = self.parent[self.parent[at]];
            at = self.parent[at];
        }
        at
    }
}

/// Assigns units with these sizes to `of` parts: largest group first, each to the smallest part so far. Returns the part
/// of each unit, from 1.
#[must_use]
pub fn deal(sizes: &[u64], groups: &mut Groups, of: usize) -> Vec<usize> {
    let mut totals = std::collections::BTreeMap::<usize, u64>::new();
    for (unit, size) in sizes.iter().enumerate() {
        *totals.entry(groups.of(unit)).or_default() += size.max(&1);
    }
    let mut order: Vec<(usize, u64)> = totals.into_iter().collect();
    order.sort_by_key(|&(group, size)| (std::cmp::Reverse(size), group));
    let mut load = vec![0u64; of];
    let mut part = std::collections::BTreeMap::new();
    for (group, size) in order {
        let least = (0..of).min_by_key(|&at| (load[at], at)).unwrap_or(0);
        load[least] += size;
        part.insert(group, least + 1);
    }
    (0..sizes.len()).map(|unit| part[&groups.of(unit)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_stay_whole_and_parts_are_even() {
        let mut groups = Groups::new(5);
        groups.join(4, 1);
        groups.join(1, 0);
        // 30 in the group, 30 alone and 25: the two largest are apart.
        assert_eq!(deal(&[10, 10, 30, 25, 10], &mut groups, 2), [1, 1, 2, 1, 1]);
        assert_eq!(deal(&[], &mut Groups::new(0), 3), Vec::<usize>::new());
    }

    #[test]
    fn parts_are_read_from_one() {
        assert_eq!("2/5".parse(), Ok(Shard { index: 2, of: 5 }));
        assert!("0/5".parse::<Shard>().is_err());
        assert!("6/5".parse::<Shard>().is_err());
        assert!("a".parse::<Shard>().is_err());
    }
}
