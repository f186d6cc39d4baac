//! Class attributes as defaults of keys of the file.
//!
//! | attribute | in the file |
//! |---|---|
//! | `MAX_QUEUE` | `max_queue`, with `when_full = "drop-oldest"` |
//! | `LOG_TIMES` | `log_times` |
//! | `DEPENDENCIES` | `dependencies` |
//! | `GROUPS`, `DEFAULT_NODE` | `local`, `node`; other machines are noted |
//! | `HEAD` | `head`, if the class describes a program; others always have heads |

use serde_json::Value;

use crate::check::Checker;
use crate::file::{JobTable, WhenFull, Whole};
use crate::interpolate::escape;
use crate::job_spec::FromClass;
use crate::problem::Problem;
use crate::python::PythonJob;
use crate::span::At;

/// This machine by its names.
const NEAR: [&str; 4] = ["localhost", "127.0.0.1", "local", "LOCAL"];

/// The group of all machines.
const ALL: &str = "ALL";

/// An attribute of a job's class.
struct Attribute<'a> {
    job: &'a At<String>,
    /// Where the file names the class.
    class: &'a At<String>,
    name: &'static str,
    value: &'a Value,
}

/// Puts an attribute into the table, and says what it stands for if it does.
type Apply = fn(&mut Checker<'_>, &Attribute<'_>, &mut JobTable) -> Option<String>;

const JOBS: [(&str, Apply); 5] = [
    ("MAX_QUEUE", max_queue),
    ("LOG_TIMES", log_times),
    ("DEPENDENCIES", dependencies),
    ("GROUPS", groups),
    ("DEFAULT_NODE", node),
];
const HEAD: (&str, Apply) = ("HEAD", head);

impl Checker<'_> {
    /// Puts what the class says into the job's table, where that says nothing.
    pub(super) fn apply_attributes(
        &mut self,
        job: &At<String>,
        class: &At<String>,
        found: &PythonJob,
        table: &mut JobTable,
    ) -> Vec<FromClass> {
        let mut from_class = Vec::new();
        for (name, apply) in JOBS.into_iter().chain(found.program.then_some(HEAD)) {
            let Some(value) = found.attributes.get(name).filter(|value| !is_nothing(value)) else { continue };
            if let Some(keys) = apply(self, &Attribute { job, class, name, value }, table) {
                from_class.push(FromClass { attribute: name, keys });
            }
        }
        from_class
    }

    /// Whether the file leaves the key to the class.
    fn is_left<T>(&self, attribute: &Attribute<'_>, name: &str, key: Option<&T>) -> bool {
        key.is_none() && !self.lost.of_job(attribute.job, &[name])
    }

    fn say_no(&mut self, attribute: &Attribute<'_>, wanted: &str) {
        let message = format!("`{}` of `{}` must be {wanted}", attribute.name, attribute.class.value);
        let label = format!("in the class it is {}", attribute.value);
        self.say(Problem::new(attribute.class.span, message).label(label));
    }

    /// Says that a job runs here though its class names other machines.
    fn note_elsewhere(&mut self, attribute: &Attribute<'_>, key: &str) {
        let message = format!(
            "`{}` of `{}` has no effect yet: job `{}` runs on this machine, as all jobs do",
            attribute.name, attribute.class.value, attribute.job.value
        );
        let note = Problem::new(attribute.class.span, message).label(format!("in the class it is {}", attribute.value));
        self.notes.push(note.help(format!("{key} for the job says that this is meant")));
    }
}

/// `None`, `False`, 0 and texts and lists without anything in them.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_u64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Bool(true) | Value::Object(_) => false,
    }
}

/// One text or a list of them.
fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

fn max_queue(checker: &mut Checker<'_>, said: &Attribute<'_>, table: &mut JobTable) -> Option<String> {
    let Some(blocks) = said.value.as_u64() else {
        checker.say_no(said, "a whole number of blocks, or None");
        return None;
    };
    if table.inputs.as_ref().is_none_or(|inputs| inputs.is_empty()) {
        return None;
    }
    let mut keys = Vec::new();
    if checker.is_left(said, "max_queue", table.max_queue.as_ref()) {
        let blocks = Whole::nearest(blocks);
        table.max_queue = Some(said.class.with(blocks));
        keys.push(format!("max_queue = {}", blocks.get()));
    }
    if checker.is_left(said, "when_full", table.when_full.as_ref()) {
        table.when_full = Some(said.class.with(WhenFull::DropOldest));
        keys.push(format!("when_full = \"{}\"", WhenFull::DropOldest.as_str()));
    }
    (!keys.is_empty()).then(|| keys.join(", "))
}

fn log_times(checker: &mut Checker<'_>, said: &Attribute<'_>, table: &mut JobTable) -> Option<String> {
    if said.value.as_bool().is_none() {
        checker.say_no(said, "True or False");
        return None;
    }
    checker.is_left(said, "log_times", table.log_times.as_ref()).then(|| {
        table.log_times = Some(said.class.with(true));
        "log_times = true".to_owned()
    })
}

fn dependencies(checker: &mut Checker<'_>, said: &Attribute<'_>, table: &mut JobTable) -> Option<String> {
    let Some(paths) = texts(said.value) else {
        checker.say_no(said, "a path or a list of paths");
        return None;
    };
    checker.is_left(said, "dependencies", table.dependencies.as_ref()).then(|| {
        table.dependencies = Some(said.class.with(paths.iter().map(|path| said.class.with(escape(path))).collect()));
        format!("dependencies = {paths:?}")
    })
}

fn groups(checker: &mut Checker<'_>, said: &Attribute<'_>, table: &mut JobTable) -> Option<String> {
    let Some(groups) = texts(said.value) else {
        checker.say_no(said, "the name of a group or a list of such names");
        return None;
    };
    if !checker.is_left(said, "groups", table.groups.as_ref()) {
        return None;
    }
    if groups.iter().any(|group| *group != ALL && !NEAR.contains(group)) {
        checker.note_elsewhere(said, "groups = [\"local\"]");
        return None;
    }
    let is_local = groups.iter().any(|group| NEAR.contains(group));
    (is_local && checker.is_left(said, "local", table.local.as_ref())).then(|| {
        table.local = Some(said.class.with(true));
        "local = true".to_owned()
    })
}

fn node(checker: &mut Checker<'_>, said: &Attribute<'_>, table: &mut JobTable) -> Option<String> {
    let Some(node) = said.value.as_str() else {
        checker.say_no(said, "the address of a machine, or None");
        return None;
    };
    if !checker.is_left(said, "node", table.node.as_ref()) {
        return None;
    }
    if !NEAR.contains(&node) {
        checker.note_elsewhere(said, "node = \"localhost\"");
        return None;
    }
    table.node = Some(said.class.with("localhost".to_owned()));
    Some("node = \"localhost\"".to_owned())
}

fn head(checker: &mut Checker<'_>, said: &Attribute<'_>, table: &mut JobTable) -> Option<String> {
    if said.value.as_bool().is_none() {
        checker.say_no(said, "True or False");
        return None;
    }
    checker.is_left(said, "head", table.head.as_ref()).then(|| {
        table.head = Some(said.class.with(true));
        "head = true".to_owned()
    })
}
