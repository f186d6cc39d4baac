//! A number of the catalogue, its seeds, and one run of a case for each.

use std::any::type_name;
use std::env;
use std::ops::RangeInclusive;

use crate::case::Case;
use crate::figures::Figures;

/// How many seeds, without the variable.
const SEEDS: u64 = 3;

/// A fault of the catalogue.
#[must_use = "nothing has been tried"]
pub struct Fault {
    number: u32,
    lacking: Option<String>,
}

/// The fault with this number.
pub const fn fault(number: u32) -> Fault {
    Fault { number, lacking: None }
}

impl Fault {
    /// What the case needs of the machine. Where it is an error, the case is counted as skipped, for that reason.
    pub fn needs(self, there: Result<(), String>) -> Fault {
        Fault { lacking: there.err(), ..self }
    }

    /// All seeds that are asked for.
    ///
    /// # Panics
    /// If a variable does not hold a number.
    pub fn seeds(self) -> Seeds {
        let seeds = match number("PIPELOOM_FAULTS_SEED") {
            Some(seed) => seed..=seed,
            None => 1..=number("PIPELOOM_FAULTS_SEEDS").unwrap_or(SEEDS),
        };
        Seeds { fault: self, seeds }
    }

    /// One seed, for a case in which nothing is random.
    pub const fn once(self) -> Seeds {
        Seeds { fault: self, seeds: 1..=1 }
    }
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

/// A fault with the seeds that are tried.
#[must_use = "nothing has been tried"]
pub struct Seeds {
    fault: Fault,
    seeds: RangeInclusive<u64>,
}

impl Seeds {
    /// Tries the case, which is the test function that this stands in, with each seed.
    ///
    /// # Panics
    /// If the case does, having said its seed; and if the test function's name does not begin with the fault's number.
    pub fn each<F: Fn(&Case)>(self, try_it: F) {
        let name = test_function::<F>();
        let begins = name.get(1..).is_some_and(|rest| rest.starts_with(&format!("{:02}_", self.fault.number)));
        assert!(begins, "{name}: a case of fault {} begins with its letter and number", self.fault.number);
        if let Some(lacking) = self.fault.lacking {
            Figures { skipped: Some(lacking), ..Figures::of(self.fault.number, name, 0) }.keep();
            return;
        }
        for seed in self.seeds {
            try_it(&Case::new(self.fault.number, name, seed));
        }
    }
}

/// The name of the function in which a closure stands, as the compiler tells it: `a::b::FUNCTION::{{closure}}`.
fn test_function<F>() -> &'static str {
    let name = type_name::<F>().trim_end_matches("::{{closure}}");
    name.rsplit("::").next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::fault;

    #[test]
    fn a07_a_case_is_tried_with_each_seed_by_its_own_name() {
        let tried = Cell::new(0);
        fault(7).once().each(|case| {
            assert_eq!(case.name(), "a07_a_case_is_tried_with_each_seed_by_its_own_name");
            tried.set(tried.get() + 1);
        });
        assert_eq!(tried.get(), 1);
    }

    #[test]
    #[should_panic(expected = "begins with its letter and number")]
    fn a_case_is_named_by_its_fault() {
        fault(7).once().each(|_| {});
    }

    #[test]
    fn a07_what_the_machine_does_not_give_is_skipped() {
        fault(7).needs(Err("a small tmpfs".to_owned())).seeds().each(|_| panic!("it is not there"));
    }
}
