//! What keeps people from using the page: axe-core looks at every state in both themes and at both widths.
//!
//! `cargo xtask test` installs axe-core and says in AXE where its script is. It is evaluated through the DevTools
//! protocol, so the page's policy needs no exception for it.

use crate::page_visit::{LOOKS, visit};
use crate::site::Site;

/// What axe-core finds in the page as it is, of the kinds that are not acceptable.
fn violations(site: &mut Site) -> Vec<String> {
    let script = "
        const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
        const { violations, passes } = await axe.run(document, { runOnly: tags });
        if (passes.length < 10) throw new Error(`axe-core has looked at ${passes.length} rules only`);
        const isSerious = ({ impact }) => impact === 'serious' || impact === 'critical';
        return violations.filter(isSerious).flatMap(({ id, nodes }) =>
          nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`));";
    site.page.evaluate(script).unwrap()
}

fn axe() -> String {
    let script = std::env::var_os("AXE").expect(
        "expected the path of axe-core's axe.min.js in AXE, found none: run `cargo xtask test`, which installs it, or \
         `npm install axe-core` and set AXE",
    );
    std::fs::read_to_string(script).unwrap()
}

#[test]
fn nothing_serious_stands_in_anyones_way_in_any_state() {
    let axe = axe();
    let mut found = Vec::new();
    visit(|site, state| {
        site.page.evaluate::<bool>(&format!("{axe}; return !!window.axe;")).unwrap();
        for (look, width, height, is_dark) in LOOKS {
            site.page.resize(width, height).unwrap();
            site.page.prefer_dark(is_dark).unwrap();
            found.extend(
                violations(site).into_iter().map(|violation| format!("{state}, {look}: {violation}")),
            );
        }
    });
    assert!(found.is_empty(), "{}", found.join("\n\n"));
}
