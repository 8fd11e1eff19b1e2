// The page of bookmarks: lists, exports and imports what bookmarks.js and reader.js store in localStorage.
const d = document, s = localStorage, list = d.getElementById('list'), texts = list.dataset;
const OWN = /^PREFIX_PATTERN\/a\/[^\/?#.\\]+\/?$/, FORMAT = 'http://www.w3.org/ns/anno.jsonld', LARGEST = 5e6;
const element = (name, properties = {}, ...children) => {
const made = Object.assign(d.createElement(name), properties);
made.append(...children);
return made
};
const isText = (value, most) => typeof value == 'string' && value.length <= most;

// -- storage
const paths = () => [...new Set(Object.keys(s).map(key => key.replace(/^m(?=\/)/, '')).filter(path => OWN.test(path)))];
const read = path => {
return {...recordOf(s['m' + path]), path, stopped: /^#p\d+$/.test(s[path]) ? s[path] : ''}
};
const write = record => {
const {path, stopped, ...kept} = record;
if (kept.saved || kept.marks.length) s['m' + path] = JSON.stringify(kept);
else s.removeItem('m' + path);
if (stopped) s[path] = stopped;
else s.removeItem(path)
};
// Changes the present record, which another tab may have changed since it was listed. Returns whether it could be stored.
const update = (path, change) => {
const record = read(path);
change(record);
try { write(record) } catch { return alert(texts.full) }
return true
};
const newest = record => [record.saved, ...record.marks.map(mark => mark.created)].sort().pop();
const records = () => paths().map(read).filter(one => one.saved || one.marks.length || one.stopped).sort((a, b) => newest(a) < newest(b) ? 1 : -1);
const titleOf = record => {
let path = record.path;
try { path = decodeURI(path) } catch {}
return record.title || path.replace(/^PREFIX_PATTERN\/a\/|\/$/g, '')
};
const day = time => time ? new Date(time).toLocaleDateString(d.documentElement.lang, {dateStyle: 'medium'}) : '';

// -- the list
const show = () => {
const all = records();
list.replaceChildren(...all.map(item));
d.getElementById('none').hidden = all.length;
d.getElementById('export').hidden = !all.length
};
const item = record => {
const made = element('li', {}, element('h2', {}, element('a', {href: record.path}, titleOf(record))));
const note = element('p', {className: 'note'});
if (record.saved) note.append(`${texts.saved} ${day(record.saved)} `, button(texts.remove, record, now => now.saved = ''));
if (record.stopped) note.append(' ', element('a', {href: record.path + record.stopped}, texts.continue), ' ', button(texts.forget, record, now => now.stopped = ''));
if (note.childNodes.length) made.append(note);
made.append(...record.marks.map(mark => highlight(record, mark)));
if (!record.title) nameFromCopy(record, made.querySelector('a'));
return made
};
const highlight = (record, mark) => {
const isIt = one => one.id == mark.id && one.exact == mark.exact;
const field = element('textarea', {value: mark.note, rows: mark.note ? 3 : 1, maxLength: 5000, placeholder: texts.note, onchange: () => update(record.path, now => {
for (const one of now.marks.filter(isIt)) one.note = field.value.trim()
})});
field.setAttribute('aria-label', `${texts.note}: ${mark.exact.slice(0, 40)}`);
const remove = button(texts.remove, record, now => now.marks = now.marks.filter(one => !isIt(one)));
return element('div', {}, element('blockquote', {}, element('a', {href: record.path + (mark.part ? '#' + mark.part : '')}, mark.exact)), field, remove)
};
const button = (text, record, change) => element('button', {type: 'button', onclick: () => {
if (!confirm(texts.sure)) return;
update(record.path, change);
show()
}}, text);
// The record of a partly read article has no title; the stored offline copy has it.
const nameFromCopy = async (record, link) => {
const copy = await caches.match(record.path, {ignoreVary: true});
if (copy) link.textContent = new DOMParser().parseFromString(await copy.text(), 'text/html').title || link.textContent
};

// -- export: Markdown, and an AnnotationPage of the W3C Web Annotation Data Model
const annotations = record => {
const source = location.origin + record.path, made = [];
const annotation = (id, motivation, created, target, note) => made.push({
type: 'Annotation', id: `${source}#${id}`, motivation, ...created && {created},
...note && {body: {type: 'TextualBody', value: note, format: 'text/plain'}}, target: {source, ...record.title && {'dcterms:title': record.title}, ...target}
});
if (record.saved) annotation('saved', 'bookmarking', record.saved, {});
if (record.stopped) annotation('stopped', 'bookmarking', '', {selector: {type: 'FragmentSelector', value: record.stopped.slice(1)}});
for (const mark of record.marks) annotation(mark.id, mark.note ? 'commenting' : 'highlighting', mark.created, {selector: [
{type: 'TextQuoteSelector', exact: mark.exact, prefix: mark.prefix, suffix: mark.suffix},
{type: 'TextPositionSelector', start: mark.start, end: mark.start + mark.exact.length}
].concat(mark.part ? {type: 'FragmentSelector', value: mark.part} : []), ...mark.script && {'dc:language': mark.script}}, mark.note);
return made
};
const toJson = () => JSON.stringify({'@context': FORMAT, type: 'AnnotationPage', items: records().flatMap(annotations)}, null, 1);
const plain = text => text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>#&|~]/g, '\\$&');
const quoted = text => text.split(/\n+/).map(line => '> ' + plain(line)).join('\n>\n');
const toMarkdown = () => [`# ${d.querySelector('h1').textContent}`, ...records().flatMap(record => [
`## [${plain(titleOf(record))}](${location.origin}${record.path}${record.stopped})`,
...record.saved ? [`${texts.saved} ${day(record.saved)}`] : [],
...record.marks.flatMap(mark => [quoted(mark.exact), ...mark.note ? [mark.note.split('\n').map(plain).join('\n\n')] : []])
])].join('\n\n') + '\n';
const download = (name, type, text) => {
const link = element('a', {download: name, href: URL.createObjectURL(new Blob([text], {type}))});
link.click();
setTimeout(() => URL.revokeObjectURL(link.href), 6e4)
};

// -- import: existing records stay; an equal highlight is stored once, with the note that is not empty
const merge = given => {
const path = new URL(given.target.source).pathname, target = given.target, selectors = [target.selector || []].flat();
if (!OWN.test(path)) return 0;
const record = read(path), at = Date.parse(given.created), created = new Date(isNaN(at) ? 0 : at).toISOString();
if (isText(target['dcterms:title'], 1000)) record.title ||= target['dcterms:title'];
const fragment = selectors.find(one => one.type == 'FragmentSelector')?.value, part = /^p\d{1,6}$/.test(fragment) ? fragment : '', quote = selectors.find(one => one.type == 'TextQuoteSelector');
if (quote) {
const {exact, prefix = '', suffix = ''} = quote, position = selectors.find(one => one.type == 'TextPositionSelector');
if (!exact || !isText(exact, 2000) || !isText(prefix, 1000) || !isText(suffix, 1000)) return 0;
const id = /#(m\w{1,20})$/.exec(given.id)?.[1] || 'm' + Math.random().toString(36).slice(2, 12), note = isText(given.body?.value, 5000) ? given.body.value : '';
const known = record.marks.find(mark => mark.id == id || mark.exact == exact && mark.prefix == prefix);
const script = isText(target['dc:language'], 40) ? target['dc:language'] : '';
if (known) known.note ||= note;
else record.marks.push({id, created, exact, prefix, suffix, start: Math.max(0, position?.start | 0), part, script, note})
} else if (part) record.stopped ||= '#' + part;
else record.saved ||= created;
write(record);
return 1
};
const take = async file => {
const said = d.getElementById('said');
try {
if (file.size > LARGEST) throw Error(file.size);
const {items} = JSON.parse(await file.text());
let count = 0;
for (const given of items) try { count += merge(given) } catch (error) { if (error.name == 'QuotaExceededError') throw error }
said.textContent = texts.taken.replace('0', count)
} catch { said.textContent = texts.bad }
show()
};

d.getElementById('markdown').onclick = () => download('bookmarks.md', 'text/markdown', toMarkdown());
d.getElementById('json').onclick = () => download('bookmarks.json', 'application/json', toJson());
d.getElementById('file').onchange = event => event.target.files[0] && take(event.target.files[0]);
d.getElementById('tools').hidden = false;
d.getElementById('none').textContent = texts.none;
// Does not replace a note that is being typed.
addEventListener('storage', () => {
const typed = d.activeElement;
if (typed.matches('#list textarea')) typed.addEventListener('blur', show, {once: true});
else show()
});
addEventListener('pageshow', event => event.persisted && show());
show()
