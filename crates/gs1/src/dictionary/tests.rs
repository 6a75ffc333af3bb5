use super::*;
use crate::Form;
use crate::conformance::load_text;

/// One entry of the published file, in its own words.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    ais: String,
    flags: String,
    components: Vec<String>,
    needs: String,
    excludes: String,
    key: Option<String>,
    title: String,
}

impl Entry {
    /// Reads a line of the file.
    fn published(line: &str) -> Self {
        let (body, title) = line.split_once('#').unwrap_or((line, ""));
        let mut words = body.split_whitespace().peekable();
        let ais = words.next().expect("an identifier").to_owned();
        let flags =
            words.next_if(|word| word.chars().all(|c| "*?".contains(c))).unwrap_or_default().to_owned();
        let mut entry = Self {
            ais,
            flags,
            components: Vec::new(),
            needs: String::new(),
            excludes: String::new(),
            key: None,
            title: title.trim().to_owned(),
        };
        for word in words {
            match word.split_once('=') {
                Some(("req", value)) => value.clone_into(&mut entry.needs),
                Some(("ex", value)) => value.clone_into(&mut entry.excludes),
                Some(("dlpkey", value)) => entry.key = Some(value.to_owned()),
                Some(other) => panic!("{other:?} in {line}"),
                None if word == "dlpkey" => entry.key = Some(String::new()),
                None => entry.components.push(word.to_owned()),
            }
        }
        entry
    }

    /// Writes a row of the table as the file would.
    fn of(row: &Row) -> Self {
        let ais =
            if row.first == row.last { row.first.to_owned() } else { format!("{}-{}", row.first, row.last) };
        let predefined = if row.predefined { "*" } else { "" };
        let attribute = if row.attribute { "?" } else { "" };
        Self {
            ais,
            flags: format!("{predefined}{attribute}"),
            components: row.components.iter().map(component).collect(),
            needs: row.needs.to_owned(),
            excludes: row.excludes.to_owned(),
            key: row.key.map(str::to_owned),
            title: row.title.to_owned(),
        }
    }
}

fn component(component: &Component) -> String {
    let letter = component.set.text();
    let variable = if component.min == component.max { "" } else { ".." };
    let linters: String = component.linters.iter().map(|linter| format!(",{linter}")).collect();
    let body = format!("{letter}{variable}{}", component.max);
    if component.optional { format!("[{body}]{linters}") } else { format!("{body}{linters}") }
}

#[test]
fn the_table_is_the_published_dictionary_entry_by_entry() {
    let Some(file) = load_text("gs1-syntax-dictionary.txt") else {
        return;
    };
    let lines = file.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let published: Vec<Entry> = lines.map(Entry::published).collect();
    let ours: Vec<Entry> = TABLE.iter().map(Entry::of).collect();
    assert!(published.len() > 200, "only {} entries were read", published.len());
    for (ours, published) in ours.iter().zip(&published) {
        assert_eq!(ours, published);
    }
    assert_eq!(ours.len(), published.len());
    eprintln!("{} entries of the dictionary agree", ours.len());
}

#[test]
fn rows_are_sorted_and_no_identifier_begins_another() {
    let all: Vec<Ai> = Ai::all().collect();
    assert_eq!(all.len(), 541);
    assert!(all.is_sorted());
    for ai in &all {
        assert_eq!(Ai::from_code(ai.as_str()), Some(*ai));
        assert_eq!(Ai::leading(&format!("{ai}0")), Some(*ai));
        let longer = all.iter().filter(|other| other.as_str().starts_with(ai.as_str())).count();
        assert_eq!(longer, 1, "{ai}");
        assert!(!ai.title().is_empty() || ai.row().components[0].linters.len() == 1, "{ai}");
    }
}

#[test]
fn a_component_of_variable_length_comes_last() {
    for row in &TABLE {
        let (last, before) = row.components.split_last().unwrap();
        assert!(before.iter().all(|part| part.min == part.max), "{}", row.first);
        assert!(last.min <= last.max && last.min > 0, "{}", row.first);
        assert!(!row.predefined || (last.min == last.max && !last.optional), "{}", row.first);
        let optional = row.components.iter().map(|part| part.optional);
        assert!(optional.is_sorted(), "{}", row.first);
    }
}

#[test]
fn what_no_dictionary_lists_is_no_identifier() {
    for code in ["", "0", "04", "1", "3", "310", "3106", "31000", "38", "89", "989", "0a", "批", "+1", "100"]
    {
        assert_eq!(Ai::from_code(code), None, "{code}");
    }
    assert!("17".parse::<Ai>().is_ok() && "18".parse::<Ai>().is_err());
}

#[test]
fn an_unknown_identifier_fits_between_the_known() {
    for code in ["89", "05", "38", "60", "500"] {
        assert!(Ai::unknown(code).is_some_and(|ai| ai.as_str() == code && !ai.is_key()), "{code}");
    }
    // Others of its first two digits have another length, or a predefined one.
    for code in ["3", "310", "04", "18", "42", "7", "12345", "8x", "批", "990"] {
        assert_eq!(Ai::unknown(code), None, "{code}");
    }
}

#[test]
fn values_are_checked_component_by_component() {
    let check = |code: &str, value: &str| {
        let ai = Ai::from_code(code).unwrap();
        ai.check(value).map_err(|error| (error.at, error.len, error.fault))
    };
    assert_eq!(check("17", "281231"), Ok(()));
    assert_eq!(check("17", ""), Err((0, 0, Fault::Empty)));
    assert_eq!(check("17", "2812"), Err((4, 0, Fault::TooFewChars { min: 6 })));
    assert_eq!(check("17", "28123"), Err((5, 0, Fault::TooFewChars { min: 6 })));
    assert_eq!(check("17", "2812311"), Err((6, 1, Fault::TooManyChars { max: 6 })));
    assert_eq!(check("17", "281331"), Err((2, 2, Fault::Month)));
    assert_eq!(check("421", "156A"), Ok(()));
    assert_eq!(check("421", "156"), Err((3, 0, Fault::TooFewChars { min: 1 })));
    assert_eq!(
        check("421", "155A"),
        Err((0, 3, Fault::NotListed(Form::of("a country of ISO 3166-1", "ISO 3166-1 国家代码"))))
    );
    assert_eq!(check("423", "156"), Ok(()));
    assert_eq!(check("423", "156392"), Ok(()));
    assert_eq!(check("423", "15639"), Err((5, 0, Fault::TooFewChars { min: 3 })));
    assert_eq!(check("10", "A批"), Err((1, 3, Fault::Character)));
    assert_eq!(check("10", "AAAAAAAAAAAAAAAAAAA批"), Err((19, 3, Fault::Character)));
    assert_eq!(check("8008", "28123123"), Ok(()));
    assert_eq!(check("8008", "281231235960"), Err((10, 2, Fault::Second)));
    assert_eq!(check("8030", "QUJD"), Ok(()));
    assert_eq!(check("8010", "952012#-/Z"), Ok(()));
    assert_eq!(check("8010", "952a"), Err((3, 1, Fault::Character)));
    assert_eq!(check("4330", "001234-"), Ok(()));
    assert_eq!(check("4330", "001234+"), Err((6, 1, Fault::Expected(Form::of("a hyphen", "连字符")))));
}
