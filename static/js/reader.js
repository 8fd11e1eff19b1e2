// Registers the service worker, which stores pages that were read.
requestAnimationFrame(() => setTimeout(() => navigator.serviceWorker && navigator.serviceWorker.register('PREFIX/sw.js')))
