// Lists what the service worker has kept: title, day, and a way to let it go.
const list = document.getElementById('list');
caches.open('keptPREFIX').then(async cache => {
for (const request of (await cache.keys()).reverse()) {
const path = new URL(request.url).pathname;
if (!/^PREFIX_PATTERN\/(a|d)\//.test(path)) continue;
const response = await cache.match(request, {ignoreVary: true});
const text = await response.text();
const page = new DOMParser().parseFromString(text, 'text/html');
const [item, title, link, note] = ['li', 'h2', 'a', 'span'].map(name => document.createElement(name));
link.href = path;
// The title of an article comes with the places where it may break.
link.append(...page.querySelector('article h1')?.childNodes ?? [page.title]);
title.append(link);
note.className = 'note';
note.textContent = ' ' + new Date(response.headers.get('date')).toLocaleString([], {dateStyle: 'medium', timeStyle: 'short'}) + ' · ' + Math.ceil(new Blob([text]).size / 1024) + ' KB';
item.append(title, note);
list.append(item);
document.getElementById('none').hidden = true
}
})

// Shown in the place of another page: that one is not here.
if (!/^PREFIX_PATTERN\/offline\/?$/.test(location.pathname)) {
const missing = document.getElementById('missing');
missing.hidden = false;
missing.lastElementChild.textContent = decodeURI(location.pathname)
}
