//! What a panic says.

use std::any::Any;

/// The message of a panic that was caught, if it has one.
///
/// ```
/// let panic = std::panic::catch_unwind(|| panic!("for block {}", 3)).unwrap_err();
/// assert_eq!(pipeloom_job::panic_message(&*panic), Some("for block 3"));
/// ```
pub fn panic_message(panic: &(dyn Any + Send)) -> Option<&str> {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
}
