//! Files that are nearly right: whatever is done to a file, it is checked or refused, and every error can be shown.

use proptest::prelude::*;

use crate::setting::network;

const FILES: [&str; 2] = [
    include_str!("../../../examples/voice/network.toml"),
    "[params]\nframe = { type = 'integer', default = 512, help = 'x' }\nname = \"ü${frame}\"\n\
     [jobs.\"a\"]\nexec = [\"cat\", '${run}', \"${name}$${}\"]\nenv = { A = '''b''', B = \"c\\u0041\" }\n\
     stop = { signal = 'INT', linger_seconds = 'eof' }\noutputs = ['x']\nnode = 'local'\n\
     [jobs.b]\nuse = 'csv-sink'\ninputs = ['x']\nargs.path = '${network}'\nargs.deep = [1, { a = 2.5, b = 1979-05-27 }]\n\
     [pipes.x]\ncodec = 'bytes'\nblock_size = 0x10\nmax_queue = 1_000\nexternal = 'reader'\npath = 'p'\n\
     dummy = { value = \"sixteen bytes ü.\" }\noptional = { default = [1, 2], store = false, buffer = 2, drop = 'newest' }\n\
     when_full = 'drop-oldest'\nblock_count = 2\nwriters = ['a']\nreaders = ['b']\n",
];

/// What is done to a file at one place.
#[derive(Clone, Debug)]
enum Change {
    Remove(usize, usize),
    Insert(usize, String),
    Copy(usize, usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let snippet = prop_oneof![
        "[\\[\\]{}=.,'\"#\n $a-z0-9-]{1,6}",
        Just("${run}".to_owned()),
        Just("\n[jobs.z]\nexec = ['cat']\n".to_owned()),
        Just("-1".to_owned()),
        Just("= nan\n".to_owned()),
        Just("\u{0}".to_owned()),
        Just("\u{feff}é\u{1b}".to_owned()),
    ];
    prop_oneof![
        (0..3000usize, 1..40usize).prop_map(|(at, len)| Change::Remove(at, len)),
        (0..3000usize, snippet).prop_map(|(at, text)| Change::Insert(at, text)),
        (0..3000usize, 1..60usize, 0..3000usize).prop_map(|(from, len, to)| Change::Copy(from, len, to)),
    ]
}

fn changed(text: &str, changes: &[Change]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for change in changes {
        let clip = |at: usize| at % (chars.len() + 1);
        match change {
            Change::Remove(at, len) => {
                let (from, to) = (clip(*at), (clip(*at) + len).min(chars.len()));
                chars.drain(from..to);
            }
            Change::Insert(at, text) => {
                let at = clip(*at);
                chars.splice(at..at, text.chars());
            }
            Change::Copy(from, len, to) => {
                let (from, to) = (clip(*from), clip(*to));
                let piece: Vec<char> = chars[from..(from + len).min(chars.len())].to_vec();
                chars.splice(to..to, piece);
            }
        }
    }
    chars.into_iter().collect()
}

proptest! {
    // PROPTEST_CASES asks for more.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_change_makes_it_fall_over(file in 0..FILES.len(), changes in prop::collection::vec(change(), 1..4)) {
    // Fault 47. The fuzz target `network_file` goes further.
        let toml = changed(FILES[file], &changes);
        if let Err(problems) = network(&toml).check() {
            prop_assert!(!problems.is_empty());
            let shown = problems.render(true, 80);
            prop_assert!(shown.contains("error"), "{}", shown);
            for object in problems.json() {
                prop_assert_eq!(&object["v"], 1);
            }
        }
    }

    #[test]
    fn no_option_makes_it_fall_over(key in "[a-z.\"'\\[= #]{0,20}", value in "[ -~\u{e9}]{0,20}") {
        let setting = network(FILES[1])
            .set(&key, &value)
            .set("jobs.b.args.path", &value)
            .set("pipes.x.block_size", &value)
            .param("frame", &value)
            .param(&key, &value);
        if let Err(problems) = setting.check() {
            prop_assert!(!problems.render(false, 80).is_empty());
        }
    }
}
