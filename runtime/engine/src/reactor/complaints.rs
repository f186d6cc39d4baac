//! What is wrong with what a program says: told at first, then counted.

use crate::counted::counted;

/// So many are told.
const TOLD: u64 = 3;

/// How much was wrong so far.
#[derive(Default)]
pub(super) struct Complaints {
    count: u64,
}

impl Complaints {
    /// Counts one more, and gives what is to be told of it.
    pub(super) fn add(&mut self, what: String) -> Option<String> {
        self.count += 1;
        match self.count {
            ..TOLD => Some(what),
            TOLD => Some(format!("{what}; more of this is only counted")),
            _ => None,
        }
    }

    /// What is to be told at the end.
    pub(super) fn rest(&self) -> Option<String> {
        let more = self.count.checked_sub(TOLD).filter(|more| *more > 0)?;
        Some(counted(more, "more of its control messages was wrong", "more of its control messages were wrong"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_few_are_told_and_the_others_are_counted() {
        let mut complaints = Complaints::default();
        let told: Vec<String> = (1..=3).filter_map(|number| complaints.add(number.to_string())).collect();
        assert_eq!(told, ["1", "2", "3; more of this is only counted"]);
        assert_eq!(complaints.rest(), None);
        assert_eq!(complaints.add("4".to_owned()), None);
        assert_eq!(complaints.rest().unwrap(), "1 more of its control messages was wrong");
        assert_eq!(complaints.add("5".to_owned()), None);
        assert_eq!(complaints.rest().unwrap(), "2 more of its control messages were wrong");
    }
}
