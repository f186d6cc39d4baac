//! Jobs out of plugins.

use insta::assert_snapshot;

use crate::setting::network;

#[test]
fn a_job_of_a_plugin_is_checked_like_a_predefined_one() {
    let file = |ends: &str| {
        network(&format!(
            "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n\
             [jobs.b]\nplugin = 'libs/good.so'\njob = 'forward'\ninputs = ['x']\n{ends}\n\
             [jobs.c]\nexec = ['cat']\ninputs = ['y']\n[pipes]\nx.codec = 'json'\ny.codec = 'json'\n"
        ))
    };
    file("outputs = ['y']").is_right();
    assert_snapshot!("plugin_arguments", file("outputs = ['y']\nargs = { size = 3 }\nhead = true").errors());
}

#[test]
fn what_cannot_be_found() {
    let errors = network(
        "[jobs.absent]\nplugin = 'libs/bad.so'\njob = 'forward'\n\
         [jobs.unsaid]\nplugin = 'good.so'\n\
         [jobs.misspelt]\nplugin = 'good.so'\njob = 'forwrad'\n\
         [jobs.alone]\njob = 'forward'\n\
         [jobs.strange]\nuse = 'forward'\njob = 'forward'\n\
         [jobs.both]\nuse = 'forward'\nplugin = 'good.so'\njob = 'forward'\n",
    )
    .errors();
    assert_snapshot!("plugin_names", errors);
}

#[test]
fn a_process_of_its_own_is_for_plugins() {
    let job = "plugin = 'good.so'\njob = 'forward'\ninputs = ['x']\noutputs = ['y']\n";
    let file = |job: &str| {
        network(&format!(
            "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n[jobs.b]\n{job}isolation = 'process'\n\
             [jobs.c]\nexec = ['cat']\ninputs = ['y']\n[pipes]\nx.codec = 'json'\ny.codec = 'json'\n"
        ))
    };
    let network = file(job).is_right();
    let (_, spec) = network.jobs().find(|(_, job)| job.name.as_str() == "b").unwrap();
    let executable = spec.executable().unwrap();
    assert!(executable.head && executable.argv.len() == 4, "{executable:?}");
    assert_snapshot!("isolation", file("use = 'forward'\ninputs = ['x']\noutputs = ['y']\n").errors());
}
