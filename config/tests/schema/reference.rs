//! The tables of keys in the reference, made from the schema.
//!
//! In the page, what stands between `<!-- keys NAME -->` or `<!-- values NAME -->` and `<!-- end -->` is replaced; the
//! rest is written by hand.

use serde_json::Value;

/// The page with its tables filled in.
pub(crate) fn filled(page: &str, schema: &Value) -> String {
    let mut parts = page.split("<!-- ");
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let (mark, rest) = part.split_once(" -->").unwrap();
        out.push_str(&format!("<!-- {mark} -->"));
        match mark.split_once(' ') {
            Some(("keys", name)) => out.push_str(&format!("\n{}", keys(&schema["$defs"][name], schema))),
            Some(("values", name)) => out.push_str(&format!("\n{}", values(&schema["$defs"][name]))),
            _ => out.push_str(rest),
        }
    }
    out
}

fn keys(table: &Value, schema: &Value) -> String {
    let mut out = String::from("| key | value | default | meaning |\n|---|---|---|---|\n");
    for (key, value) in table["properties"].as_object().unwrap() {
        let default = value.get("default").map_or(String::new(), |default| format!("`{default}`"));
        let mut meaning = value["description"].as_str().unwrap().to_owned();
        for one in choices(value) {
            meaning.push_str(&format!(
                " `{}`: {}",
                one["const"].as_str().unwrap(),
                one["description"].as_str().unwrap()
            ));
        }
        let row = [format!("`{key}`"), kind(value, schema), default, meaning].map(|cell| cell.replace('|', "\\|"));
        out.push_str(&format!("| {} |\n", row.join(" | ").replace(" |  | ", " | | ")));
    }
    out
}

fn values(definition: &Value) -> String {
    let mut out = String::from("| value | meaning |\n|---|---|\n");
    for one in choices(definition) {
        out.push_str(&format!("| `{}` | {} |\n", one["const"].as_str().unwrap(), one["description"].as_str().unwrap()));
    }
    out
}

/// The described values of which one must be chosen.
fn choices(value: &Value) -> impl Iterator<Item = &Value> {
    value["oneOf"].as_array().into_iter().flatten().filter(|one| one["const"].is_string())
}

/// What may stand as the value, in words.
fn kind(value: &Value, schema: &Value) -> String {
    if let Some(name) = value["$ref"].as_str() {
        let target = schema.pointer(name.trim_start_matches('#')).unwrap();
        return if choices(target).next().is_some() { kind(target, schema) } else { "table, see below".to_owned() };
    }
    let quoted = |values: Vec<&Value>| values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
    if choices(value).next().is_some() {
        return quoted(choices(value).map(|one| &one["const"]).collect());
    }
    if let Some(values) = value["enum"].as_array() {
        return quoted(values.iter().collect());
    }
    if !value["const"].is_null() {
        return quoted(vec![&value["const"]]);
    }
    if let Some(variants) = value["anyOf"].as_array() {
        return variants.iter().map(|variant| kind(variant, schema)).collect::<Vec<_>>().join(" or ");
    }
    match &value["type"] {
        Value::String(name) => match name.as_str() {
            "string" => "text".to_owned(),
            "boolean" => "`true`, `false`".to_owned(),
            "integer" => format!("{} to {}", value["minimum"], value["maximum"]),
            "number" if value["exclusiveMinimum"] == 0 => "number over 0".to_owned(),
            "number" => format!("number from {}", value["minimum"]),
            "array" => format!("list of {}", plural(&kind(&value["items"], schema))),
            "object" if value["additionalProperties"]["type"] == "string" => "table of texts".to_owned(),
            "object" => "table".to_owned(),
            other => panic!("a value of type {other}"),
        },
        Value::Null => "any value".to_owned(),
        Value::Array(_) => "text, number, `true`, `false`".to_owned(),
        other => panic!("a value of type {other}"),
    }
}

fn plural(kind: &str) -> String {
    if kind == "text" { "texts".to_owned() } else { kind.to_owned() }
}
