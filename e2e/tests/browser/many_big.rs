//! Ten thousand tweets: the page stays responsive, every row comes out in its place, and memory does not grow.

use crate::many_desk::{choose_made_of, num_rows, open, save, start, wait, wait_for_end};
use crate::site::Site;

const ROWS: usize = 10_000;
/// What a browser calls a long task (W3C Long Tasks), in milliseconds.
const LONG_TASK_MS: f64 = 50.0;

/// A CSV of distinct texts; `seed` makes it another one each time.
fn rows(seed: usize) -> String {
    format!(
        "(() => {{
           const subjects = ['Apple', '$TSLA', 'The company', 'Oil', '$BRK.B', 'Shares of Ford', 'Gold', 'The Fed'];
           const verbs = ['plunges', 'rises sharply', 'holds steady', 'cuts its guidance', 'beats estimates', 'warns'];
           const ends = ['after a weak quarter', 'on record deliveries', 'ahead of the meeting', 'as rates stay', 'again'];
           let state = {seed} + 1;
           const pick = (list) => list[(state = (state * 48271) % 2147483647) % list.length];
           let text = 'id,date,text,label\\n';
           for (let id = 0; id < {ROWS}; id += 1) {{
             const day = 1 + (id % 28);
             text += `${{id}},2024-05-${{String(day).padStart(2, '0')}},\"${{pick(subjects)}} ${{pick(verbs)}}, ${{pick(ends)}} and then ${{pick(verbs)}} by ${{id}}\",${{(id % 3) - 1}}\\n`;
           }}
           return [text];
         }})()"
    )
}

/// Watches for long tasks from now on, and for how slow the machine is meanwhile: a small fixed piece of work, ten times
/// a second, against the shortest that it ever took.
const OBSERVE: &str = "
    window.longest = 0;
    window.observer?.disconnect();
    window.observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
    });
    window.observer.observe({ type: 'longtask' });
    const work = () => {
      const start = performance.now();
      let sum = 0;
      for (let step = 0; step < 2_000_000; step += 1) sum += Math.sqrt(step);
      return sum > 0 ? performance.now() - start : 0;
    };
    window.shortest ??= Math.min(...Array.from({ length: 60 }, work));
    window.pieces = [];
    clearInterval(window.timer);
    window.timer = setInterval(() => window.pieces.push(work()), 100);
    return true;";

/// Longest task, and by how much the machine was slower than it can be.
const OBSERVED: &str = "
    clearInterval(window.timer);
    const pieces = window.pieces.sort((one, other) => one - other);
    const shortest = Math.min(window.shortest, pieces[0]);
    return [window.longest, pieces[pieces.length >> 1] / shortest];";

/// What a run took.
#[derive(Clone, Copy, Debug)]
struct Run {
    longest_task_ms: f64,
    /// 1 on a machine where nothing else happens.
    slowness: f64,
}

impl Run {
    /// Whether no task would have been a long one on a machine of the page's own.
    fn is_responsive(self) -> bool {
        self.longest_task_ms <= LONG_TASK_MS * self.slowness
    }
}

/// One run from a file to a file, and the figures that the page shows.
fn run(site: &mut Site, seed: usize) -> (Run, String) {
    choose_made_of(site, "big.csv", &rows(seed));
    site.page.evaluate::<bool>(OBSERVE).unwrap();
    start(site);
    wait_for_end(site);
    let figures: String = site
        .page
        .evaluate("return document.querySelector('[data-testid=many-figures]').textContent;")
        .unwrap();
    let csv = save(site, "csv");
    assert_eq!(num_rows(site), ROWS);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), ROWS + 1);
    for (id, line) in lines.iter().skip(1).enumerate() {
        assert!(line.starts_with(&format!("{id},2024-05-")), "row {id} is {line}");
        assert!(line.ends_with("true,") || line.ends_with("false,"), "row {id} has no answer: {line}");
    }
    let [longest_task_ms, slowness]: [f64; 2] = site.page.evaluate(OBSERVED).unwrap();
    (Run { longest_task_ms, slowness }, figures)
}

/// Bytes of the page's own WebAssembly.
fn memory(site: &mut Site) -> f64 {
    let script = "
        const glue = [...document.querySelectorAll('link[rel=modulepreload]')].find(({ href }) => /web-.*js$/.test(href));
        const { default: init } = await import(glue.href);
        return (await init()).memory.buffer.byteLength;";
    site.page.evaluate(script).unwrap()
}

fn begin_anew(site: &mut Site) {
    site.page.click("[data-testid=many-other]").unwrap();
    wait(site, "document.querySelector('[data-testid=many-file]')");
}

/// An engine that is still being loaded has tasks of its own.
fn wait_for_the_model(site: &mut Site) {
    choose_made_of(site, "first.txt", "['one line of text\\nand another']");
    wait(site, "document.querySelector('[data-testid=many-start]:enabled')");
    begin_anew(site);
}

#[test]
fn ten_thousand_tweets_leave_the_page_responsive_and_come_out_in_order() {
    let mut site = open();
    wait_for_the_model(&mut site);
    let (first, figures) = run(&mut site, 1);
    println!("{figures}; {first:?}");
    site.page
        .evaluate::<bool>("document.querySelector('.many-charts').scrollIntoView(); return true;")
        .unwrap();
    site.take_pictures("many-charts");
    site.page
        .evaluate::<bool>("document.querySelector('.many-rows').scrollIntoView(); return true;")
        .unwrap();
    site.take_pictures("many-table");
    // A break that another program brings does not come twice.
    let second = (!first.is_responsive()).then(|| {
        begin_anew(&mut site);
        run(&mut site, 2).0
    });
    assert!(second.unwrap_or(first).is_responsive(), "a task was too long: {first:?}, {second:?}");
}

#[test]
fn memory_stays_flat_from_file_to_file() {
    // All five with `cargo xtask test --all`.
    let runs = if std::env::var_os("TICKERTONE_TEST_ALL").is_some() { 5 } else { 0 };
    let mut site = open();
    wait_for_the_model(&mut site);
    let mut sizes = Vec::new();
    for seed in 0..runs {
        let (run, figures) = run(&mut site, seed);
        sizes.push(memory(&mut site) / 1e6);
        println!("{figures}; {run:?}; {} MB", sizes[seed]);
        begin_anew(&mut site);
    }
    // Files that are opened and left again, every day.
    for seed in 0..6 {
        choose_made_of(&mut site, "big.csv", &rows(seed));
        wait(&mut site, "document.querySelector('[data-testid=many-start]:enabled')");
        sizes.push(memory(&mut site) / 1e6);
        begin_anew(&mut site);
    }
    println!("{sizes:?} MB");
    let last = sizes.len() - 1;
    assert!(sizes[last] <= sizes[1] * 1.1, "the page's memory grows: {sizes:?} MB");
}
