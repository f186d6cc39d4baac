//! What the schema says about the keys of a table: the one list of names, which errors and editors share.

use serde_json::Value;

/// The schema of one value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<'a> {
    root: &'a Value,
    here: &'a Value,
}

impl<'a> Shape<'a> {
    pub(super) fn root(schema: &'a Value) -> Shape<'a> {
        Shape { root: schema, here: schema }
    }

    /// The names of the keys; none for a table whose keys are the user's.
    pub(super) fn keys(self) -> impl Iterator<Item = &'a str> {
        self.here["properties"].as_object().into_iter().flat_map(|keys| keys.keys().map(String::as_str))
    }

    /// The schema of the value of `key`, or `None` if there is no such key.
    pub(super) fn get(self, key: &str) -> Option<Shape<'a>> {
        let named = &self.here["properties"][key];
        let value = if named.is_null() { &self.here["additionalProperties"] } else { named };
        (value.is_object() || value == &Value::Bool(true)).then(|| self.follow(value))
    }

    /// Whether any key is allowed.
    pub(super) fn is_open(self) -> bool {
        self.here["additionalProperties"].is_null()
    }

    /// The texts that are allowed, if it is one of some.
    pub(super) fn allowed(self) -> Vec<&'a str> {
        let consts = self.here["oneOf"].as_array().into_iter().flatten().filter_map(|one| one["const"].as_str());
        let texts = self.here["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
        consts.chain(texts).collect()
    }

    /// The schema behind a reference; of several, the one of a table.
    fn follow(self, value: &'a Value) -> Shape<'a> {
        let target = value["$ref"].as_str().and_then(|name| self.root.pointer(name.trim_start_matches('#')));
        let here = Shape { root: self.root, here: target.unwrap_or(value) };
        let mut variants = here.here["anyOf"].as_array().into_iter().flatten().map(|variant| here.follow(variant));
        variants.find(|variant| variant.keys().next().is_some()).unwrap_or(here)
    }
}
