//! Which faults of the field checks come only of what is left out because it is at fault: those that are gone once
//! something sound stands in its place, whatever it is. No table of fields that depend on each other is kept; the
//! checks themselves are asked.

use proto::{
    schema::{Field, Kind, MESSAGES, Message, STATEMENT},
    v1,
};
use serde_json::{Map, Value, json};

use super::read::Found;

/// Most ways in which places are filled: an enum may matter by its value.
const MAX_WAYS: usize = 8;

/// The statement with something in every place that was left out, in several ways; `machine` is what could be read
/// of it. Where a name is not known, any field beside it may have been meant: all that are not set are filled.
pub(super) fn filled(machine: &Value, found: &[Found]) -> Vec<v1::Statement> {
    let mut probe = machine.clone();
    let ways = found.iter().filter_map(|f| slot(&mut probe, &f.field).map(|s| s.ways())).max();
    let fill = |way| {
        let mut value = machine.clone();
        for found in found {
            if let Some(slot) = slot(&mut value, &found.field) {
                slot.fill(way);
            }
        }
        serde_json::from_value(value).ok()
    };
    (0..ways.unwrap_or(0).min(MAX_WAYS)).filter_map(fill).collect()
}

/// A message with the name of a field in it.
struct Slot<'v, 'p> {
    members: &'v mut Map<String, Value>,
    table: &'static Message,
    name: &'p str,
}

/// Finds the place of a path; `None` for an item of a list, which leaves an empty one behind, and where what is
/// around it is at fault itself.
fn slot<'v, 'p>(machine: &'v mut Value, path: &'p str) -> Option<Slot<'v, 'p>> {
    let (mut value, mut table) = (machine, &MESSAGES[STATEMENT]);
    let mut steps = path.split('.').peekable();
    while let Some(step) = steps.next() {
        if steps.peek().is_none() {
            let at_item = step.ends_with(']');
            return value.as_object_mut().filter(|_| !at_item).map(|members| Slot {
                members,
                table,
                name: step,
            });
        }
        let (name, index) = match step.strip_suffix(']').and_then(|s| s.split_once('[')) {
            Some((name, index)) => (name, Some(index.parse::<usize>().ok()?)),
            None => (step, None),
        };
        let Kind::Message(inner) = table.fields.iter().find(|f| f.name == name)?.kind else { return None };
        value = value.get_mut(name)?;
        if let Some(index) = index {
            value = value.get_mut(index)?;
        }
        table = &MESSAGES[inner];
    }
    None
}

impl Slot<'_, '_> {
    fn field(&self) -> Option<&'static Field> {
        self.table.fields.iter().find(|f| f.name == self.name)
    }

    /// In how many ways it can be filled.
    fn ways(&self) -> usize {
        match self.field().map(|f| f.kind) {
            Some(Kind::Enum(values)) => values.len().saturating_sub(1),
            _ => 1,
        }
    }

    fn fill(self, way: usize) {
        let named = self.field();
        let meant = |f: &&Field| named.map_or(f.oneof.is_none(), |named| named.name == f.name);
        for field in self.table.fields.iter().filter(meant) {
            if !self.members.contains_key(field.name) {
                self.members.insert(field.name.to_owned(), something(field, way));
            }
        }
    }
}

/// A value that is set; it need not be sound, as what is said of it is not told.
fn something(field: &Field, way: usize) -> Value {
    let one = match field.kind {
        Kind::Bool => json!(true),
        Kind::Enum(values) => json!(values.iter().filter(|v| **v != 0).cycle().nth(way)),
        Kind::String => json!("x"),
        Kind::Bytes => json!("AA=="),
        Kind::Message(_) => json!({}),
        Kind::Int32 | Kind::Sint32 | Kind::Uint32 | Kind::Int64 | Kind::Uint64 => json!("1"),
    };
    if field.repeated { json!([one]) } else { one }
}
