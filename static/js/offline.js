// Lists what the service worker has kept: title, day, and a way to let it go.
const list = document.getElementById('list');
caches.open('keptPREFIX').then(async cache => {
for (const request of (await cache.keys()).reverse()) {
const path = new URL(request.url).pathname;
if (!/^PREFIX_PATTERN\/(a|d)\//.test(path)) continue;
const response = await cache.match(request, {ignoreVary: true});
const text = await response.text();
const page = new DOMParser().parseFromString(text, 'text/html');
const item = document.createElement('li'), link = document.createElement('a'), note = document.createElement('span');
link.href = path;
link.textContent = page.title;
note.className = 'note';
note.textContent = ' ' + new Date(response.headers.get('date')).toLocaleString([], {dateStyle: 'medium', timeStyle: 'short'}) + ' · ' + Math.ceil(new Blob([text]).size / 1024) + ' KB';
item.append(link, note);
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
