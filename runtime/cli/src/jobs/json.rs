//! The predefined jobs for programs: one object each on a line.

use pipeloom_job::{PortList, Steps};
use serde_json::{Value, json};

use super::describe::{Description, codecs, takes_custom};

/// One line for each job.
pub(super) fn lines(descriptions: &[Description]) -> String {
    descriptions.iter().map(|description| format!("{}\n", object(description))).collect()
}

fn object(description: &Description) -> Value {
    let mut object = json!({
        "v": 1,
        "name": description.name,
        "about": description.about,
        "role": description.role(),
        "args": description.schema,
    });
    if let Some(ports) = &description.ports {
        object["inputs"] = side(&ports.inputs);
        object["outputs"] = side(&ports.outputs);
        object["steps"] = match ports.steps {
            Steps::Each => "each".into(),
            Steps::Free => "free".into(),
        };
    }
    object
}

/// How many pipes are needed and allowed (no `most`: any number), their built-in codecs (empty: any), and whether custom
/// ones can be there.
fn side(list: &PortList) -> Value {
    let mut side = json!({ "least": list.fixed.len(), "codecs": codecs(list), "custom": takes_custom(list) });
    if list.rest.is_none() {
        side["most"] = list.fixed.len().into();
    }
    side
}
