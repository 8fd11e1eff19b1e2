// Bookmarks, highlights and notes on the page of an article. reading.js loads it at the first use. Everything is stored in
// localStorage, which bookmark_records.js reads, an object of JSON for each article: {title, saved, marks: [{id, created, exact, prefix, suffix, start,
// part, script, note}]}. A highlight is located by its quotation (TextQuoteSelector of the W3C Web Annotation Data
// Model), among equal quotations by its position (TextPositionSelector): the text may have been corrected since, or be
// shown in the other Chinese script.
// templates/bookmarks.js defines TEXTS, the texts of the interface, before this script.
const d = document, s = localStorage, path = location.pathname, key = 'm' + path, CONTEXT = 32, WINDOW = 600, MOST_COSTS = 3e7;
const body = d.querySelector('.body'), link = d.getElementById('mark'), script = d.querySelector('article').lang;
const element = (name, properties = {}, ...children) => {
const made = Object.assign(d.createElement(name), properties);
made.append(...children);
return made
};

// -- storage
const read = () => recordOf(s[key]);
const write = record => {
try {
if (record.saved || record.marks.length) s[key] = JSON.stringify({...record, title: d.querySelector('h1').textContent.trim()});
else s.removeItem(key)
} catch { alert(TEXTS.full) }
show()
};

// -- text and positions in it: characters of the text nodes, without reading aids, formulas and paragraph links
const APART = 'rt,rp,math,svg,.p,script,style';
const nodes = () => {
const walker = d.createTreeWalker(body, NodeFilter.SHOW_TEXT, node => node.parentElement.closest(APART) ? 2 : 1), found = [];
while (walker.nextNode()) found.push(walker.currentNode);
return found
};
const textOf = all => all.map(node => node.data).join('');
const offset = (all, container, at) => {
const end = d.createRange();
end.setStart(container, at);
let count = 0;
for (const node of all) {
if (node == container) return count + at;
if (end.comparePoint(node, 0) > 0) break;
count += node.length
}
return count
};
const start = (one, other) => {
let n = 0;
while (n < one.length && n < other.length && one[n] == other[n]) n++;
return n
};
const backwards = text => [...text].reverse();

// [first, end] of the highlight in the text; undefined if the text no longer contains it.
const place = (text, mark) => {
let best = -1, score = -Infinity;
for (let at = text.indexOf(mark.exact); at >= 0; at = text.indexOf(mark.exact, at + 1)) {
const same = start(backwards(text.slice(0, at).slice(-CONTEXT)), backwards(mark.prefix)) + start(text.slice(at + mark.exact.length), mark.suffix);
if (same - Math.abs(at - mark.start) / text.length > score) [best, score] = [at, same - Math.abs(at - mark.start) / text.length]
}
if (best >= 0) return [best, best + mark.exact.length];
const from = Math.max(0, mark.start - WINDOW), near = text.slice(from, mark.start + mark.exact.length + WINDOW);
const found = similar(near, mark, mark.script == script ? .4 : .65);
return found && [from + found[0], from + found[1]]
};

let costsLeft = 0;
// The part of the text with the smallest edit distance to prefix + exact + suffix (Sellers 1980); of it, the part for exact.
const similar = (text, mark, most) => {
const wanted = mark.prefix + mark.exact + mark.suffix, width = text.length + 1;
if ((costsLeft -= wanted.length * width) < 0) return;  // otherwise hundreds of lost highlights would block the page
const costs = new Uint16Array((wanted.length + 1) * width);
for (let i = 1; i <= wanted.length; i++) {
costs[i * width] = i;
for (let j = 1; j < width; j++) {
const above = costs[(i - 1) * width + j], diagonal = costs[(i - 1) * width + j - 1], left = costs[i * width + j - 1];
costs[i * width + j] = Math.min(diagonal + (wanted[i - 1] != text[j - 1]), above + 1, left + 1)
}
}
let j = 0;
for (let at = 1; at < width; at++) if (costs[wanted.length * width + at] < costs[wanted.length * width + j]) j = at;
if (costs[wanted.length * width + j] > most * wanted.length) return;
const places = [];
for (let i = wanted.length; i >= 0;) {
places[i] = j;
const cost = costs[i * width + j];
if (i && j && cost == costs[(i - 1) * width + j - 1] + (wanted[i - 1] != text[j - 1])) i--, j--;
else if (i && cost == costs[(i - 1) * width + j] + 1) i--;
else if (i) j--;
else break
}
const [first, last] = [mark.prefix.length, mark.prefix.length + mark.exact.length];
const cost = costs[last * width + places[last]] - costs[first * width + places[first]];
if (places[last] > places[first] && cost <= Math.max(1, (most + .1) * mark.exact.length)) return [places[first], places[last]]
};

// -- display
const show = () => {
for (const old of body.querySelectorAll('mark[data-mark]')) old.replaceWith(...old.childNodes);
body.normalize();
const record = read();
costsLeft = MOST_COSTS;
for (const mark of record.marks) paint(mark);
link.setAttribute('role', 'button');
link.setAttribute('aria-pressed', !!record.saved);
link.textContent = record.saved ? TEXTS.saved : TEXTS.save;
if (!d.getElementById('marks') && (record.saved || record.marks.length)) link.after(' ', element('a', {id: 'marks', href: TEXTS.address}, TEXTS.list))
};
const paint = mark => {
const all = nodes(), found = place(textOf(all), mark);
if (!found) return;
let at = 0;
for (let node of all) {
const first = Math.max(0, found[0] - at), end = Math.min(node.length, found[1] - at);
at += node.length;
if (first >= end || !node.data.slice(first, end).trim()) continue;
if (first) node = node.splitText(first);
if (end - first < node.length) node.splitText(end - first);
const painted = element('mark');
painted.dataset.mark = mark.id;
if (mark.note) painted.title = mark.note;
node.replaceWith(painted);
painted.append(node)
}
};

// -- actions
const selected = () => {
const chosen = getSelection();
if (!chosen.rangeCount || chosen.isCollapsed) return;
const range = chosen.getRangeAt(0), all = nodes();
if (!range.intersectsNode(body)) return;
const text = textOf(all);
let first = offset(all, range.startContainer, range.startOffset), end = offset(all, range.endContainer, range.endOffset);
while (first < end && !text[first].trim()) first++;
while (first < end && !text[end - 1].trim()) end--;
if (first < end && end - first < 2000) return {
id: 'm' + Date.now().toString(36), created: new Date().toISOString(), exact: text.slice(first, end), script, part: partOf(range),
prefix: text.slice(Math.max(0, first - CONTEXT), first), suffix: text.slice(end, end + CONTEXT), start: first, note: ''
}
};
const partOf = range => (range.startContainer.closest ? range.startContainer : range.startContainer.parentElement).closest('[id^=p]')?.id || '';
const add = mark => {
const record = read();
record.marks.push(mark);
getSelection().removeAllRanges();
write(record)
};
const change = (id, changed) => {
const record = read();
record.marks = record.marks.flatMap(mark => mark.id == id ? changed(mark) : [mark]);
write(record)
};
export const toggle = () => {
const record = read();
record.saved = record.saved ? '' : new Date().toISOString();
write(record)
};
const ask = (note, done) => {
const field = element('textarea', {value: note, rows: 5}), form = element('form', {method: 'dialog'});
field.setAttribute('aria-label', TEXTS.note);
form.append(field, element('button', {value: 'save'}, TEXTS.keep), ' ', element('button', {value: ''}, TEXTS.cancel));
const dialog = element('dialog', {}, form);
dialog.setAttribute('aria-label', TEXTS.note);
dialog.onclose = () => {
if (dialog.returnValue) done(field.value.trim().slice(0, 5000));
dialog.remove()
};
d.body.append(dialog);
dialog.showModal()
};

// A row of buttons above the bar: for the selected text, or for the touched highlight.
const bar = element('div', {id: 'marking', hidden: true});
bar.setAttribute('role', 'toolbar');
bar.setAttribute('aria-label', TEXTS.list);
let isForSelection;
const offer = (note, ...actions) => {
bar.replaceChildren(...note ? [element('p', {}, note)] : [], ...actions.map(([text, act]) => element('button', {onclick: () => {
bar.hidden = true;
act()
}}, text)));
bar.onmousedown = event => event.preventDefault();  // keeps the selection
bar.hidden = false
};
const offerSelected = () => {
const mark = selected();
isForSelection ||= !!mark;
if (mark) offer('', [TEXTS.highlight, () => add(mark)], [TEXTS.note, () => ask('', note => add({...mark, note}))]);
else if (isForSelection) bar.hidden = true, isForSelection = false
};
let waits;
d.onselectionchange = () => {
clearTimeout(waits);
waits = setTimeout(offerSelected, 200)
};
body.addEventListener('click', event => {
const id = event.target.closest('mark[data-mark]')?.dataset.mark, mark = read().marks.find(one => one.id == id);
if (event.target.closest('a') || !getSelection().isCollapsed) return;
isForSelection = false;
if (!mark) return bar.hidden = true;
offer(mark.note, [TEXTS.note, () => ask(mark.note, note => change(id, old => [{...old, note}]))], [TEXTS.remove, () => change(id, () => [])], [TEXTS.close, () => 0])
});

d.head.append(element('style', {}, `mark[data-mark]{background:#f6d97a;color:#1c1c1c;cursor:pointer;scroll-margin:4em}mark[title]{border-bottom:2px solid #8f1d16}
#marking{position:fixed;inset:auto 0 0;z-index:1;padding:.6rem 1rem calc(.6rem + env(safe-area-inset-bottom));border-top:1px solid var(--line);background:var(--paper);text-align:center}
#marking p{max-height:7em;margin:0 0 .5em;overflow:auto;text-align:start;white-space:pre-wrap}
#marking button,dialog button{min-height:2.8rem;margin-inline-end:.6rem;padding:0 1rem;border:1px solid var(--link);border-radius:.4rem;background:var(--paper);color:var(--link);font:inherit}
dialog{box-sizing:border-box;width:min(30rem,92vw);border:1px solid var(--line);border-radius:.4rem;background:var(--paper);color:var(--ink)}
dialog textarea{box-sizing:border-box;display:block;width:100%;margin:0 0 .8rem;padding:.5em;border:1px solid var(--soft);background:var(--paper);color:var(--ink);font:inherit}
@media print{#marking,#marks,#mark{display:none}}`));
d.querySelector('main').append(bar);
link.onclick = () => (toggle(), false);
link.onkeydown = event => event.key == ' ' && (event.preventDefault(), toggle());
// Another tab, the list of bookmarks, and returning to this page can change it, too.
addEventListener('storage', event => event.key == key && show());
addEventListener('pageshow', event => event.persisted && show());
show();
offerSelected()
