//! The slow way of reading, for files in which something is wrong: names every key that is unknown or of the wrong
//! type, and reads what is left.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::file::{Entries, NetworkFile};
use crate::problem::Problem;
use crate::read::shape::Shape;
use crate::read::{Lost, later, phrase};
use crate::schema::schema;
use crate::span::{At, Span};
use crate::suggest::{self, MAX_SUGGESTIONS};

pub(super) fn read(root: Spanned<DeValue<'_>>, problems: &mut Vec<Problem>) -> (NetworkFile, Lost) {
    let schema = schema();
    let mut explainer = Explainer { schema: &schema, problems, lost: Lost::default() };
    let DeValue::Table(mut root) = root.into_inner() else { return Default::default() };
    explainer.strip(&mut root, Shape::root(&schema), &mut Vec::new());
    let file = NetworkFile {
        network: root.remove("network").and_then(|table| explainer.value(vec!["network".into()], table)),
        params: explainer.entries(&mut root, "params"),
        jobs: explainer.entries(&mut root, "jobs"),
        pipes: explainer.entries(&mut root, "pipes"),
    };
    (file, explainer.lost)
}

struct Explainer<'a> {
    schema: &'a serde_json::Value,
    problems: &'a mut Vec<Problem>,
    lost: Lost,
}

impl Explainer<'_> {
    /// Refuses and removes all keys that the schema does not know.
    fn strip(&mut self, table: &mut DeTable<'_>, shape: Shape<'_>, path: &mut Vec<String>) {
        let mut unknown = Vec::new();
        for (key, value) in table.iter_mut() {
            let name = key.get_ref().as_ref();
            match (shape.get(name), value.get_mut()) {
                (Some(shape), DeValue::Table(inner)) if !shape.is_open() => {
                    path.push(name.to_owned());
                    self.strip(inner, shape, path);
                    path.pop();
                }
                (Some(_), _) => {}
                (None, _) => unknown.push((name.to_owned(), Span::from(key.span()))),
            }
        }
        for (key, span) in unknown {
            table.remove(key.as_str());
            let problem = self.unknown_key(&key, span, shape, path);
            self.problems.push(problem);
            path.push(key);
            self.lost.add(path.clone());
            path.pop();
        }
    }

    fn unknown_key(&self, key: &str, span: Span, shape: Shape<'_>, path: &[String]) -> Problem {
        if later::is_kept(path, key) {
            return Problem::new(span, format!("`{key}` is not supported yet"));
        }
        let owner = phrase::owner(path);
        let problem = Problem::new(span, format!("unknown key `{key}`{owner}"));
        let near = if self.problems.len() < MAX_SUGGESTIONS { suggest::did_you_mean(key, shape.keys()) } else { None };
        problem.maybe_help(near.or_else(|| self.elsewhere(key, path)))
    }

    /// Whether the key would be right in another table.
    fn elsewhere(&self, key: &str, path: &[String]) -> Option<String> {
        let root = Shape::root(self.schema);
        let owns = |table: &str| root.get(table)?.get("")?.get(key);
        match path.first().map(String::as_str) {
            Some("jobs") if owns("pipes").is_some() => Some(format!("`{key}` belongs to a pipe: [pipes.NAME]")),
            Some("pipes") if owns("jobs").is_some() => Some(format!("`{key}` belongs to a job: [jobs.NAME]")),
            _ => None,
        }
    }

    /// Reads the table `section`, whose keys are the user's, entry by entry.
    fn entries<T: DeserializeOwned>(&mut self, root: &mut DeTable<'_>, section: &str) -> Entries<T> {
        let Some(value) = root.remove(section) else { return Entries::default() };
        let span = value.span();
        let DeValue::Table(table) = value.into_inner() else {
            self.problems.push(Problem::new(span.into(), format!("`{section}` must be a table")));
            self.lost.add(vec![section.to_owned()]);
            return Entries::default();
        };
        let read = |(key, value): (Spanned<_>, _)| {
            let name = At { span: key.span().into(), value: String::from(key.into_inner()) };
            let value = self.value(vec![section.to_owned(), name.value.clone()], value)?;
            Some((name, value))
        };
        table.into_iter().filter_map(read).collect()
    }

    /// Reads one value. Whatever serde refuses in it is named and removed, until it can be read.
    fn value<T: DeserializeOwned>(&mut self, path: Vec<String>, mut value: Spanned<DeValue<'_>>) -> Option<T> {
        loop {
            let error = match T::deserialize(ValueDeserializer::from(value.clone())) {
                Ok(read) => return Some(read),
                Err(error) => error,
            };
            let span: Span = error.span().unwrap_or(value.span()).into();
            let inside = match value.get_ref() {
                DeValue::Table(table) => offender(table, span),
                _ => None,
            };
            let full: Vec<String> = path.iter().chain(inside.iter().flatten()).cloned().collect();
            let found = inside.iter().flatten().try_fold(value.get_ref(), |value, key| Some(value.get(key)?.get_ref()));
            let whole = inside.iter().flatten().try_fold(&value, |value, key| value.get_ref().get(key));
            let is_part = whole.is_some_and(|whole| Span::from(whole.span()) != span);
            let shape = full.iter().try_fold(Shape::root(self.schema), |shape, key| shape.get(key));
            let allowed = shape.map(Shape::allowed).unwrap_or_default();
            self.problems.push(phrase::refusal(&full, error.message(), span, found, is_part, &allowed));
            self.lost.add(full);
            match inside {
                Some(inside) => remove(&mut value, &inside),
                None => return None,
            }
        }
    }
}

/// The path of the innermost key whose value holds `span`.
fn offender(table: &DeTable<'_>, span: Span) -> Option<Vec<String>> {
    table.iter().find_map(|(key, value)| {
        let name = || key.get_ref().clone().into_owned();
        // The place of a table under a header is the header alone, so all tables are looked into.
        if let DeValue::Table(inner) = value.get_ref()
            && let Some(mut path) = offender(inner, span)
        {
            path.insert(0, name());
            return Some(path);
        }
        let holds = |outer: Span| outer.start <= span.start && span.end <= outer.end;
        (holds(key.span().into()) || holds(value.span().into())).then(|| vec![name()])
    })
}

fn remove(value: &mut Spanned<DeValue<'_>>, path: &[String]) {
    let DeValue::Table(table) = value.get_mut() else { return };
    match path {
        [] => {}
        [key] => {
            table.remove(key.as_str());
        }
        [key, rest @ ..] => {
            if let Some(inner) = table.get_mut(key.as_str()) {
                remove(inner, rest);
            }
        }
    }
}
