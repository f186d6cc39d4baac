//! Parameters and `${}`.

use insta::assert_snapshot;
use serde_json::json;

use crate::setting::network;

#[test]
fn unused_undefined_and_unclosed() {
    // Fault 60.
    let errors = network(
        "[params]\nframe = 512\nspare = 1\nrun = 'x'\n'a b' = 1\n\
         [jobs.a]\nexec = ['cat', '${fram}', '${HOME}', '${frame', 'a${run}b', '$${HOME}', '${frame}']\ncwd = '${run}'\n\
         env = { X = '${pipe.x}' }\n",
    )
    .errors();
    assert_snapshot!("params", errors);
}

#[test]
fn declarations_that_contradict_themselves() {
    let errors = network(
        "[params]\n\
         a = { type = 'integer', default = 'x' }\n\
         b = { required = true, default = 1 }\n\
         c = { required = false }\n\
         d = { type = 'number' }\n\
         e = { default = [1] }\n\
         f = [1]\n\
         g = { type = 'integer', help = 'how many' }\n\
         [jobs.a]\nexec = ['cat', '${a}${b}${c}${d}${e}${f}${g}']\n",
    )
    .errors();
    assert_snapshot!("declarations", errors);
}

#[test]
fn values_from_the_command_line() {
    let setting = network(
        "[params]\nsize = 512\nout = 'a.csv'\ngain = { type = 'float', default = 1 }\nloud = false\n\
         name = { help = 'who' }\n\
         [network]\nname = '${name}'\ndescription = 'size ${size}, gain ${gain}, loud ${loud}'\n\
         [jobs.a]\nuse = 'spectrum'\nargs = { size = '${size}' }\ninputs = ['x']\noutputs = ['y']\n\
         [jobs.b]\nexec = ['cat', '--out=${out}']\ninputs = ['y']\n\
         [jobs.c]\nexec = ['cat']\noutputs = ['x']\n\
         [pipes.x]\ncodec = 'bytes'\nblock_size = 4\n[pipes.y]\ncodec = 'bytes'\nblock_size = 516\n",
    )
    .param("size", "256")
    .param("name", "me")
    .param("gain", "0.5")
    .param("out", "${run}/b.csv");
    let network = setting.is_right();
    assert_eq!(network.name(), "me");
    assert_eq!(network.description(), Some("size 256, gain 0.5, loud false"));
    let spectrum = &network[network.job_named("a").unwrap()];
    let pipeloom_config::Body::Native(native) = &spectrum.body else { panic!("{spectrum:?}") };
    assert_eq!(serde_json::Value::Object(native.args.table().clone()), json!({ "size": 256 }));
    // What comes from outside is a value, not a text with places.
    let cat = network[network.job_named("b").unwrap()].executable().unwrap();
    let argv: Vec<_> = cat.argv.iter().map(|item| item.render("/run".as_ref(), |_| "".into())).collect();
    assert_eq!(argv, ["cat", "--out=${run}/b.csv"]);
}

#[test]
fn wrong_values_from_the_command_line_point_at_the_option() {
    let errors =
        network("[params]\nframe = 512\nname = { type = 'string' }\n[jobs.a]\nexec = ['cat', '${frame}', '${name}']\n")
            .param("frame", "many")
            .param("fame", "1")
            .errors();
    assert_snapshot!("params_from_the_command_line", errors);
}

#[test]
fn run_stays_a_place_until_the_run() {
    let setting = network(
        "[params]\nfile = '${run}'\n\
         [jobs.a]\nexec = ['cat']\npass = 'stdio'\noutputs = ['x']\n\
         [jobs.b]\nuse = 'csv-sink'\nargs = { path = '${run}/${file}/$${run}/x.csv' }\ninputs = ['x']\n\
         [pipes.x]\ncodec = 'json'\n",
    );
    let network = setting.is_right();
    let pipeloom_config::Body::Native(native) = &network[network.job_named("b").unwrap()].body else { panic!() };
    let args = pipeloom_config::render_args(&native.args, "/var/run 1".as_ref()).unwrap();
    assert_eq!(args.table()["path"], "/var/run 1/${run}/${run}/x.csv");
}
