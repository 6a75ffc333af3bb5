//! Finds the text of an item by the statement that names it: the view keeps items by number only.

use std::{collections::BTreeMap, rc::Rc};

use custody::{View, ViewError, content, response::ships_of, tables::subject};
use proto::v1::statement::Body;
use statement::{GoodsAct, SubjectKind, subject_key, visit_act};

use crate::budget::Budget;

/// Texts by subject number, of each statement once.
#[derive(Debug, Default)]
pub(super) struct Texts {
    known: BTreeMap<u64, Rc<BTreeMap<u64, String>>>,
}

impl Texts {
    /// The text of item `number`, which the original at `root` names; `None` where it does not, or the
    /// budget is used up.
    pub(super) fn of<V: View + ?Sized>(
        &mut self,
        view: &V,
        root: u64,
        number: u64,
        budget: &mut Budget,
    ) -> Result<Option<String>, ViewError> {
        if !self.known.contains_key(&root) {
            let mut texts = Vec::new();
            collect(view, root, budget, &mut texts)?;
            let mut numbered = BTreeMap::new();
            for text in texts {
                if !budget.spend(1) {
                    break;
                }
                if let Some(record) = subject(view, &subject_key(SubjectKind::Item, &text))? {
                    numbered.insert(record.number, text);
                }
            }
            self.known.insert(root, Rc::new(numbered));
        }
        Ok(self.known.get(&root).and_then(|texts| texts.get(&number).cloned()))
    }
}

/// Items that a statement acts on; of a Receive of everything, those of the Ships it answers.
fn collect<V: View + ?Sized>(
    view: &V,
    root: u64,
    budget: &mut Budget,
    texts: &mut Vec<String>,
) -> Result<(), ViewError> {
    if !budget.read() {
        return Ok(());
    }
    let Some(content) = content(view, root)? else { return Ok(()) };
    if let Some(act) = GoodsAct::of(&content.body) {
        visit_act(act, &mut |relation, text| {
            if relation.subject_kind() == Some(SubjectKind::Item) && !text.is_empty() {
                texts.push(text.to_owned());
            }
        });
    }
    if let Body::Receive(b) = &content.body
        && b.items.is_empty()
        && b.lots.is_empty()
        && b.exceptions.is_empty()
    {
        for ship in ships_of(view, root)? {
            collect(view, ship, budget, texts)?;
        }
    }
    Ok(())
}
