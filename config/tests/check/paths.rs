//! Paths that are not UTF-8: they work, or they are refused; they are never changed.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use insta::assert_snapshot;
use pipeloom_config::{Body, Program, render_args};

use crate::setting::network;

#[test]
fn a_folder_whose_name_is_not_utf8_works() {
    // Fault 54.
    let setting = network("[jobs.a]\nexec = ['./tool', '${network}/x', '${run}']\n");
    let dir = setting.path().join(OsStr::from_bytes(b"K\xf6ln"));
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("tool"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(dir.join("tool"), fs::Permissions::from_mode(0o755)).unwrap();
    let network = setting.check_at(dir.join("network.toml")).unwrap();
    assert_eq!(network.dir(), dir);
    let executable = network.jobs().next().unwrap().1.executable().unwrap();
    assert_eq!(executable.program, Program::At(dir.join("./tool")));
    let run = Path::new(OsStr::from_bytes(b"/r\xfcn"));
    let argv: Vec<_> = executable.argv.iter().map(|item| item.render(run, |_| "".into())).collect();
    assert_eq!(argv[1..], [dir.join("x").into_os_string(), run.into()]);
}

#[test]
fn where_text_is_needed_it_is_refused() {
    // Fault 54.
    let setting = network(
        "[network]\nname = 'x ${network}'\n\
         [jobs.a]\nexec = ['cat']\npass = 'stdio'\noutputs = ['x']\n\
         [jobs.save]\nuse = 'csv-sink'\nargs = { path = '${network}/x' }\ninputs = ['x']\n[pipes.x]\ncodec = 'json'\n",
    );
    let dir = setting.path().join(OsStr::from_bytes(b"K\xf6ln"));
    let problems = setting.check_at(dir.join("network.toml")).unwrap_err();
    let shown = problems.render(false, 100).replace(setting.path().to_str().unwrap(), "DIR");
    assert_snapshot!("not_utf8_folder", shown);
}

#[test]
fn a_run_directory_that_is_not_utf8_cannot_stand_in_arguments() {
    // Fault 54.
    let network = network(
        "[jobs.a]\nexec = ['cat']\npass = 'stdio'\noutputs = ['x']\n\
         [jobs.save]\nuse = 'csv-sink'\nargs = { path = '${run}/x' }\ninputs = ['x']\n[pipes.x]\ncodec = 'json'\n",
    )
    .is_right();
    let Body::Native(native) = &network[network.job_named("save").unwrap()].body else { panic!() };
    let error = render_args(&native.args, Path::new(OsStr::from_bytes(b"/r\xfcn"))).unwrap_err();
    assert!(error.to_string().starts_with("the path of the run's directory is not UTF-8"), "{error}");
}
