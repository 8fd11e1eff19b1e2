// "Save this issue": the pages of a day into the same cache that keeps what was read.
navigator.serviceWorker && navigator.serviceWorker.register('PREFIX/sw.js');
const link = document.getElementById('save');
if (link && 'caches' in window) link.onclick = async event => {
event.preventDefault();
link.textContent = '…';
try {
const cache = await caches.open('keptPREFIX');
for (const path of link.dataset.pages.split(' ')) {
const response = await fetch(path);
if (response.ok) await cache.put(path, response)
}
link.textContent = link.dataset.done
} catch { // a full device, or one that stores nothing: the file
location = link.href
}
}
