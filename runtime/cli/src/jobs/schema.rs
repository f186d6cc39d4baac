//! Reading a JSON Schema of arguments, as far as job kinds use it.

use serde_json::Value;

/// One argument.
pub(super) struct Argument {
    pub(super) name: String,
    /// Its type, or the values it may have, in words.
    pub(super) kind: String,
    /// The value it has when it is not given; `None` if the schema names none.
    pub(super) default: Option<Value>,
    pub(super) is_required: bool,
    pub(super) about: String,
}

/// The arguments that `schema` describes.
pub(super) fn arguments(schema: &Value) -> Vec<Argument> {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object();
    let argument = |(name, property): (&String, &Value)| Argument {
        name: name.clone(),
        kind: kind(schema, property),
        default: property.get("default").filter(|default| !default.is_null()).cloned(),
        is_required: required.contains(&name.as_str()),
        about: property["description"].as_str().unwrap_or_default().replace('\n', " "),
    };
    properties.into_iter().flatten().map(argument).collect()
}

/// The type of `part` in words; `root` has what it refers to.
fn kind(root: &Value, part: &Value) -> String {
    if let Some(target) = part["$ref"].as_str() {
        return kind(root, root.pointer(target.trim_start_matches('#')).unwrap_or(&Value::Null));
    }
    if let Some(value) = part.get("const") {
        return value.to_string();
    }
    let either = |key: &str| part[key].as_array();
    if let Some(values) = either("enum") {
        let values = values.iter().filter(|value| !value.is_null());
        return values.map(Value::to_string).collect::<Vec<_>>().join(" | ");
    }
    if let Some(parts) = either("oneOf").or_else(|| either("anyOf")).or_else(|| either("allOf")) {
        let mut kinds: Vec<String> =
            parts.iter().filter(|part| part["type"] != "null").map(|part| kind(root, part)).collect();
        kinds.dedup();
        return kinds.join(" | ");
    }
    let name = match &part["type"] {
        Value::String(name) => name.as_str(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or("any"),
        _ => "any",
    };
    match name {
        "array" => format!("list of {}", kind(root, &part["items"])),
        "object" => "table".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_are_said_in_words() {
        let schema = json!({
            "$defs": { "Window": { "oneOf": [{ "const": "hann" }, { "enum": ["flat", "rect"] }] } },
            "required": ["size"],
            "properties": {
                "size": { "type": "integer", "description": "How\nmany." },
                "window": { "anyOf": [{ "$ref": "#/$defs/Window" }, { "type": "null" }], "default": "hann" },
                "columns": { "type": ["array", "null"], "items": { "type": "string" } },
            },
        });
        let arguments = arguments(&schema);
        let find = |name: &str| arguments.iter().find(|argument| argument.name == name).unwrap();
        assert_eq!(find("size").kind, "integer");
        assert_eq!(find("size").about, "How many.");
        assert!(find("size").is_required && !find("window").is_required);
        assert_eq!(find("window").kind, "\"hann\" | \"flat\" | \"rect\"");
        assert_eq!(find("window").default, Some(json!("hann")));
        assert_eq!(find("columns").kind, "list of string");
    }
}
