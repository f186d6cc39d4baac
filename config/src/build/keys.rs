//! The keys of a table as methods.

/// A method for each key, which sets its value.
macro_rules! keys {
    ($table:literal, $list:ident, $($name:ident = $($key:literal).+: $value:ty;)*) => {
        $(
            #[doc = concat!("Sets ", stringify!($($key).+), " of the ", $table, ", as in the file.")]
            #[must_use]
            pub fn $name(self, value: $value) -> Self {
                self.set(&[$($key),+], value)
            }
        )*

        /// What the methods set.
        #[cfg(test)]
        pub(super) const $list: &[&[&str]] = &[$(&[$($key),+]),*];
    };
}

pub(super) use keys;
