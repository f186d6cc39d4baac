//! Values of the wrong type or size.

use insta::assert_snapshot;
use pipeloom_config::Text;

use crate::setting::network;

#[test]
fn negative_overflowing_and_in_the_wrong_unit() {
    // Fault 59.
    let errors = network(
        "[network]\nhead_size = 5\n\
         [jobs.a]\nexec = ['cat']\nmax_queue = -1\n\
         stop = { grace_seconds = '5s', drain_seconds = -0.5, linger_seconds = nan, signal = 'SIGTERM' }\n\
         [pipes.x]\nblock_size = 99999999999999999999\nmax_block_bytes = '1 MiB'\ncapacity_bytes = 0\nmax_queue = 1.5\n\
         [pipes.y]\nblock_size = 1e400\ncapacity_bytes = 4_000_000_000\n",
    )
    .errors();
    assert_snapshot!("numbers", errors);
}

#[test]
fn values_of_another_type() {
    let errors = network(
        "pipes = 5\n\
         [network]\nname = 1979-05-27\n\
         [jobs]\na = 'cat'\n\
         [jobs.b]\nexec = 'cat'\ninputs = ['x', 5]\nhead = 'yes'\nenv = ['A=b']\nstop = 5\n\
         [jobs.c]\nuse = ['forward']\npass = 'pipe'\nargs = [1]\n",
    )
    .errors();
    assert_snapshot!("types", errors);
}

#[test]
fn what_is_not_toml() {
    let errors = network("[jobs.a\nexec = ['cat'\n\n[jobs.b]\nexec = \n").errors();
    assert_snapshot!("not_toml", errors);
    let errors = network("[jobs.a]\nexec = ['cat']\nexec = ['cat']\n[jobs.a]\n").errors();
    assert_snapshot!("defined_twice", errors);
}

#[test]
fn deep_nesting_is_refused_before_it_hurts() {
    // Fault 57.
    let dots = vec!["a"; 1 << 20].join(".");
    let brackets = "[".repeat(1 << 20);
    let tables = "{ a = ".repeat(1 << 18);
    for toml in [format!("{dots} = 1"), format!("[{dots}]"), format!("a = {brackets}"), format!("a = {tables}")] {
        assert_eq!(network(&toml).messages(), ["more than 64 tables and lists in one another"]);
    }
    assert_snapshot!("deep_nesting", network(&format!("[jobs.a]\nexec = {}", "[".repeat(100))).errors());
}

#[test]
fn a_file_that_is_too_long_is_not_read_to_its_end() {
    // Fault 57. 100 MiB.
    let setting = network("");
    let path = setting.path().join("network.toml");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(100 << 20).unwrap();
    let problems = Text::load(&path).unwrap_err();
    let shown = problems.to_string().replace(setting.path().to_str().unwrap(), "DIR");
    assert_snapshot!("too_long", shown);
}

#[test]
fn a_file_that_is_not_there_or_not_text() {
    let setting = network("");
    let path = setting.path().join("network.toml");
    let shown =
        |problems: pipeloom_config::Problems| problems.to_string().replace(setting.path().to_str().unwrap(), "DIR");
    assert_snapshot!("no_file", shown(Text::load(&path).unwrap_err()));
    assert_snapshot!("folder", shown(Text::load(setting.path()).unwrap_err()));
    std::fs::write(&path, b"[network]\nname = 'K\xf6ln'\n").unwrap();
    assert_snapshot!("not_utf8", shown(Text::load(&path).unwrap_err()));
}

#[test]
fn terminal_escapes_in_a_file_are_not_passed_on() {
    let errors = network("[jobs.a]\nexec = ['cat']\n\"\\u001b[2J\" = 1\n\"x\\ny\" = 2\n").errors();
    assert!(!errors.contains('\x1b'), "{errors}");
    assert_snapshot!("terminal_escapes", errors);
}
