// Search on a static site. words-0.js, words-1.js … list the articles, newest first, each with a Bloom filter of its words.
const d = document, list = d.getElementById('found'), said = d.getElementById('said'), more = d.getElementById('more'), texts = list.dataset;
const folder = new URL(d.querySelector('form.search').action.replace(/(\/index\.html|\/)?(\?.*)?$/, '/')), root = new URL('..', folder);
const isFile = location.protocol == 'file:', PAGE = 10, MOST_READ = 40;
const folded = text => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ');
const query = new URL(location).searchParams.get('q') || '', parts = folded(query).match(/"[^"]+"|[^\s"]+/g)?.map(part => part.replaceAll('"', '').trim()).filter(Boolean) || [];

// The terms of the index: words, and every two adjacent characters in words of scripts without spaces.
const UNSPACED = '[\\p{sc=Han}々〇\\u3040-\\u30ff\\u31f0-\\u31ff\\uac00-\\ud7a3\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff]';
const RUN = RegExp(`(?:${UNSPACED})+|(?:(?!${UNSPACED})[\\p{L}\\p{N}\\p{M}])+`, 'gu'), IS_UNSPACED = RegExp(UNSPACED, 'u');
const isThere = (part, hasTerm) => {
const runs = part.match(RUN) || [];
return runs.length > 0 && runs.every(run => {
if (!IS_UNSPACED.test(run)) return hasTerm(run);
const characters = [...run], pairs = characters.slice(1).map((one, n) => characters[n] + one);
// Pairs across two words are not in the index.
return pairs.length > 0 && pairs.filter(pair => !hasTerm(pair)).length <= (pairs.length > 1 && pairs.length / 2)
})
};
const hash = (word, seed) => {
let h = seed;
for (let n = 0; n < word.length; n++) h = Math.imul(h ^ word.charCodeAt(n), 16777619);
return (h ^ h >>> 15) >>> 0
};
const has = (filter, count, word) => {
const first = hash(word, 0x811c9dc5), step = hash(word, 0x5bd1e995) | 1;
for (let n = 0; n < count; n++) {
const bit = (first + n * (step >>> 0)) % (filter.length * 8);
if (!(filter.charCodeAt(bit >> 3) >> (bit & 7) & 1)) return
}
return true
};

// The articles of a file of the index. A script can be loaded from file://, where fetch() fails.
const load = number => new Promise((done, failed) => {
window.onWords = done;
d.head.append(Object.assign(d.createElement('script'), {src: new URL(`words-${number}.js`, folder), onerror: failed}))
});
const candidates = async function* () {
for (let number = 0, last; !last; number++) {
const index = await load(number);
last = index.last;
for (const [address, title, day, words] of index.articles) {
const heading = folded(title), filter = atob(words), isTitle = parts.every(part => heading.includes(part));
const isText = parts.every(part => heading.includes(part) || isThere(part, term => has(filter, index.hashes, term)));
if (isTitle || isText) yield {address, title, day, isTitle}
}
}
};

// A filter may have a word that the article has not: the page itself tells, and gives the words around.
const confirm = async found => {
if (found.isTitle || isFile) return found;
const response = await fetch(new URL(found.address, root));
const page = new DOMParser().parseFromString(await response.text(), 'text/html').querySelector('main');
if (!response.ok || !page || !parts.every(part => folded(page.textContent).includes(part))) return; // withdrawn, or a false hit
const text = (page.querySelector('.body') || page).textContent.replace(/\s+/g, ' '), part = parts.find(one => folded(text).includes(one)) || '', at = folded(text).indexOf(part), end = at + part.length;
return {...found, before: text.slice(Math.max(0, at - 30), at), word: text.slice(at, end), after: text.slice(end, at + 90)}
};
const element = (name, properties, ...children) => {
const made = Object.assign(d.createElement(name), properties);
made.append(...children);
return made
};
const show = ({address, title, day, before, word, after}) => list.append(element('li', {},
element('h2', {}, element('a', {href: new URL(isFile ? address + 'index.html' : address, root)}, title)),
...word ? [element('p', {}, before, element('mark', {}, word), after)] : [],
element('span', {className: 'note'}, day)));

const all = candidates();
const next = async () => {
more.hidden = true;
said.textContent = texts.busy;
let shown = 0, read = 0, ended;
try {
while (shown < PAGE && read < MOST_READ && !ended) {
const some = [];
while (some.length < 5 && !ended) {
const {value, done} = await all.next();
if (value) some.push(value);
ended = done
}
read += some.length;
for (const found of await Promise.all(some.map(confirm))) if (found) {
show(found);
shown++
}
}
said.textContent = ended && !list.children.length ? texts.none : isFile ? texts.rough : '';
more.hidden = ended
} catch { said.textContent = texts.failed }
};
if (parts.length) {
d.title = `${query} - ${d.title}`;
d.getElementById('q').value = query;
d.getElementById('sections')?.remove();
more.onclick = next;
next()
}
