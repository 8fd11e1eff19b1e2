// Lists the pages that the service worker has stored: title, day and size. Instead of another page, names the missing one.
const list = document.getElementById('list'), missing = document.getElementById('missing'), names = new Map, here = location.pathname;
const learn = (path, text) => names.has(path) || text.trim() && names.set(path, text.replace(/[\s←→]+/g, ' ').trim());
const elsewhere = !/^PREFIX_PATTERN\/offline\/?$/.test(here);
if (elsewhere) {
missing.hidden = false;
missing.lastElementChild.textContent = decodeURI(here)
}
caches.open('keptPREFIX').then(async cache => {
for (const request of (await cache.keys()).reverse()) {
const path = new URL(request.url).pathname;
if (!/^PREFIX_PATTERN\/((a|d)\/|$)/.test(path)) continue;
const response = await cache.match(request, {ignoreVary: true});
const text = await response.text();
const page = new DOMParser().parseFromString(text, 'text/html');
const heading = page.querySelector('main h1');
heading && learn(path, heading.textContent);
for (const link of page.querySelectorAll('a[href^="/"]')) learn(link.pathname + link.search, link.title || link.textContent);
if (path == 'PREFIX/') continue;
const [item, title, link, note] = ['li', 'h2', 'a', 'span'].map(tag => document.createElement(tag));
link.href = path;
// The title of an article contains its possible line breaks.
link.append(...heading?.childNodes ?? [page.title]);
title.append(link);
note.className = 'note';
note.textContent = ' ' + new Date(response.headers.get('date')).toLocaleString(document.documentElement.lang, {dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23'}) + '\xa0· ' + Math.ceil(new Blob([text]).size / 1024) + ' KB';
item.append(title, note);
list.append(item);
document.getElementById('none').hidden = true
}
// The text of a link to the missing page on a stored page; for a file of an article, with the article's title.
const article = here.replace(/(PREFIX_PATTERN\/a\/[^/.]+).*/, '$1'), own = names.get(here + location.search) ?? names.get(here);
const words = [article != here && names.get(article), own].filter(Boolean).join(' · ');
if (words) missing.lastElementChild.textContent = words
})
