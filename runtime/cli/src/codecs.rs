//! `pipeloom codecs`: the codecs that pipes can have.

use pipeloom_events::ExitStatus;
use pipeloom_job::{CodecName, CustomCodec};
use serde_json::json;

use crate::args::CodecsArgs;
use crate::term::color::{STRONG, paint};
use crate::term::out;

/// The codecs beside the built-in ones.
pub(crate) fn custom() -> Vec<&'static dyn CustomCodec> {
    [pipeloom_predefined::CODECS, &[pipeloom_python::PICKLE]].concat()
}

pub(crate) fn codecs(args: &CodecsArgs) -> ExitStatus {
    let built_in = CodecName::BUILT_IN.map(|codec| (codec.as_str(), codec.about(), false));
    let custom = custom();
    let all = built_in.into_iter().chain(custom.iter().map(|codec| (codec.name(), codec.about(), true)));
    let widest = all.clone().map(|(name, ..)| name.len()).max().unwrap_or_default();
    let line = |(name, about, is_custom): (&str, &str, bool)| match args.json {
        true => format!("{}\n", json!({ "v": 1, "name": name, "about": about, "custom": is_custom })),
        false => format!("{}{}  {about}\n", paint(STRONG, name), " ".repeat(widest - name.len())),
    };
    out::answer(&all.map(line).collect::<String>())
}
