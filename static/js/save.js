// "Save this issue": the pages of a day into the same cache that keeps what was read.
navigator.serviceWorker && navigator.serviceWorker.register('PREFIX/sw.js');
const link = document.getElementById('save');
if (link && 'caches' in window) link.onclick = event => {
event.preventDefault();
link.textContent = '…';
caches.open('keptPREFIX').then(async cache => {
for (const path of link.dataset.pages.split(' ')) {
const response = await fetch(path);
if (response.ok) await cache.put(path, response)
}
link.textContent = link.dataset.done
}).catch(() => { location = link.href })
}
