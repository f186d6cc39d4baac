//! Which name was meant.

/// After so many problems no more names are suggested, as looking for them takes long in a long file.
pub(crate) const MAX_SUGGESTIONS: usize = 100;

/// The name nearest to `wrong`, if one is near enough to have been meant.
pub(crate) fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = wrong.to_lowercase();
    names
        .into_iter()
        .map(|name| (closeness(&lower, name), name))
        .filter(|(closeness, _)| *closeness > 0.7)
        // Of equally near names always the same, in whatever order they come.
        .max_by(|left, right| left.0.total_cmp(&right.0).then_with(|| right.1.cmp(left.1)))
        .map(|(_, name)| name)
}

/// From 0 (nothing in common) to 1 (the same but for case).
fn closeness(lower: &str, name: &str) -> f64 {
    let name = name.to_lowercase();
    if lower.len() > 2 * name.len() + 8 {
        return 0.0;
    }
    // A prefix left out or put in front: SIGTERM for TERM.
    if name.len() > 2 && lower.ends_with(&name) {
        return 0.8;
    }
    // Jaro-Winkler alone is generous to names that merely start alike; the edit distance alone is hard on short ones.
    let both = (strsim::jaro_winkler(lower, &name) + strsim::normalized_damerau_levenshtein(lower, &name)) / 2.0;
    // One slip in a short name is a large part of it.
    let one_slip = name.len() > 2 && strsim::osa_distance(lower, &name) == 1;
    if one_slip { both.max(0.75) } else { both }
}

/// "did you mean `name`?", if one of the names is near.
pub(crate) fn did_you_mean<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(wrong, names).map(|name| format!("did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_found_and_a_stranger_is_not() {
        let keys = ["inputs", "input_flag", "outputs", "exec", "env"];
        assert_eq!(nearest("ouputs", keys), Some("outputs"));
        assert_eq!(nearest("Inputs", keys), Some("inputs"));
        assert_eq!(nearest("exce", keys), Some("exec"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest("fame", ["name", "frame"]), Some("frame"));
        assert_eq!(nearest("ab2", ["ab3", "ab1"]), Some("ab1"));
        assert_eq!(nearest("hp", ["hop", "size"]), Some("hop"));
        assert_eq!(nearest("SIGTERM", ["HUP", "TERM"]), Some("TERM"));
    }
}
